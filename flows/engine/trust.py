"""The certificates that HTTPS calls trust: read once, and shared by every process that is forked after that."""

from __future__ import annotations

import httpx

CONTEXT = httpx.create_ssl_context()
