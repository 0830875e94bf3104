"""The commands of `wattwire`, one file each."""
