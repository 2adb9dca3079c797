#!/bin/sh
# Installs what pip cannot: a browser for the tests, a Chinese font, a data set; Java as well where "java" is asked for.
# Does nothing where all are there.
set -eu

missing=""
command -v chromium >/dev/null || missing="$missing chromium"
command -v npm >/dev/null || missing="$missing npm"
[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || missing="$missing fonts-noto-cjk"
[ -e /usr/share/datasets/fashion-mnist ] || missing="$missing dataset-fashion-mnist"
[ "${1:-}" != java ] || command -v java >/dev/null || missing="$missing default-jre-headless"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "Please install:$missing (Debian's names), then run make again." >&2
    exit 1
fi
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086  # one word a package
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
