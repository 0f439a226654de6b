#!/bin/sh
# Meterkast's front door. Needs Python 3.11 or newer; everything else it fetches itself, pinned by hash.
set -eu
cd "$(dirname "$0")"

usage() {
    cat <<'EOT'
./mk demo     a street of homes, through the whole chain, on a page at http://127.0.0.1:8321
./mk test     passes every test            ./mk check   format, lint, types, borders
./mk bench    prints the measured ratios   ./mk docs    builds the documentation
./mk cli …    the meterkast command        ./mk setup   installs what is optional, too
                                           ./mk lock    resolves the dependencies anew
EOT
}

fail() {
    echo "mk: $*" >&2
    exit 2
}

find_python() {
    for python in "${METERKAST_PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    fail "Python 3.11 or newer is needed. On Debian: apt-get install python3"
}

# Installs Debian packages where that is allowed; says so where it is not.
debian() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get -qq update >&2 && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y "$@" >/dev/null
    else
        echo "mk: not installed, as this needs root on Debian: $*" >&2
        return 1
    fi
}

make_venv() {
    [ -x .venv/bin/python ] && return
    python=$(find_python)
    if command -v uv >/dev/null; then
        uv venv --quiet --python "$python" .venv
    elif ! "$python" -m venv .venv >/dev/null 2>&1; then
        debian python3-venv && "$python" -m venv .venv || fail "Python's venv module is needed."
    fi
}

install() {
    if command -v uv >/dev/null; then
        uv pip install --quiet --python .venv/bin/python "$@"
    else
        .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
    fi
}

# setup core|all: a stamp remembers which locks stand in .venv, so that a second run starts at once.
setup() {
    want=$(cat pyproject.toml locks/build.txt "locks/$1.txt" | cksum)
    installed "$1" && return
    # Two first runs at once take turns; where there is no flock they had better not meet.
    if command -v flock >/dev/null; then
        exec 9<mk
        flock 9
        installed "$1" && return
    fi
    echo "mk: setting up .venv from locks/$1.txt, once …" >&2
    make_venv
    install --require-hashes -r locks/build.txt -r "locks/$1.txt"
    install --no-deps --no-build-isolation --editable .
    echo "$want" >".venv/installed-$1"
}

installed() {
    [ -f ".venv/installed-$1" ] && [ "$(cat ".venv/installed-$1")" = "$want" ]
}

# What tests need beyond Python packages: a browser, a foreign judge of certificates, a token for keys, a broker
# for messages, and strangers to talk to, in environments of their own. A test that misses one skips and is named at the end.
setup_machine() {
    .venv/bin/python -m bench.peers || true
    command -v chromium >/dev/null || debian chromium || true
    command -v openssl >/dev/null || debian openssl || true
    command -v softhsm2-util >/dev/null || debian softhsm2 || true
    PATH=$PATH:/usr/sbin command -v mosquitto >/dev/null || debian mosquitto || true
}

command=${1:-}
[ $# -gt 0 ] && shift
case "$command" in
demo)
    setup core
    exec .venv/bin/meterkast demo "$@"
    ;;
cli)
    setup core
    exec .venv/bin/meterkast "$@"
    ;;
setup)
    setup all
    ;;
test)
    setup all
    setup_machine
    exec .venv/bin/python -m pytest "$@"
    ;;
bench)
    setup all
    exec .venv/bin/python -m bench "$@"
    ;;
check)
    setup all
    .venv/bin/ruff format --check --quiet .
    .venv/bin/ruff check --quiet .
    .venv/bin/mypy
    .venv/bin/lint-imports
    ;;
docs)
    setup docs
    exec .venv/bin/zensical build --clean "$@"
    ;;
lock)
    command -v uv >/dev/null || fail "uv is needed to resolve dependencies: pip install uv"
    lock() {
        uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
            --no-emit-index-url --no-emit-find-links "$@"
    }
    lock pyproject.toml -o locks/core.txt "$@"
    lock pyproject.toml --all-extras --group test --group check -o locks/all.txt "$@"
    lock pyproject.toml --group docs -o locks/docs.txt "$@"
    printf 'dlms-cosem==25.1.0\npydlms-client==0.1.0\ncryptography\n' | lock - -o locks/peers.txt "$@"
    printf 'pymbusparser==0.5.3\npyMeterBus==0.8.5\ndsmr-parser==1.11.2\n' |
        lock - -o locks/peers-wires.txt "$@"
    printf 'certomancer==0.16.0\npyhanko-certvalidator==0.33.0\npkilint==0.13.3\n' |
        lock - -o locks/peers-pki.txt "$@"
    printf 'hatchling==1.33.0\neditables\n' | lock - -o locks/build.txt "$@"
    ;;
-h | --help | help)
    usage
    ;;
*)
    usage >&2
    exit 2
    ;;
esac
