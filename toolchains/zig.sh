#!/bin/sh
# Guests in Zig, by the compiler that comes with the package `ziglang` of PyPI.
set -eu

zig() {
  python3 -m ziglang "$@"
}

case "$1" in
  prepare)
    if ! zig version 2>/dev/null; then
      echo 'no Zig compiler: `python3 -m pip install ziglang`' >&2
      exit 3
    fi
    ;;
  bindings)
    echo 'guests in Zig get no bindings' >&2
    exit 1
    ;;
  compile)
    zig build-exe -target wasm32-wasi -O ReleaseSmall --cache-dir "$POLYFILL_WORK/cache" \
      "-femit-bin=$POLYFILL_OUTPUT" "$POLYFILL_SOURCE"
    ;;
  verify)
    # A module begins with a zero byte and `asm`.
    [ "$(head -c 4 "$POLYFILL_OUTPUT" | tr -d '\0')" = asm ]
    ;;
esac
