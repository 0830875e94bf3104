"""The command `wattwire`."""


def main() -> None:
    raise SystemExit(2)


if __name__ == "__main__":
    main()
