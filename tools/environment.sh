#!/bin/sh
# Make the virtual environment $1 with the Python $2; where it exists, keep it, whatever its Python, and see that it runs.
venv=$1
python=$2
supported='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'

fail() {
    echo "error: $*" >&2
    exit 1
}

if [ -e "$venv" ] || [ -L "$venv" ]; then
    # the folder it was made in, of which its scripts have the path: venv writes it into both files, uv into the second
    made_at=$(sed -n 's|^command = .* /|/|p' "$venv/pyvenv.cfg" 2>/dev/null)
    [ -n "$made_at" ] || made_at=$(sed -n "s|^.*VIRTUAL_ENV=['\"]*\(/[^'\"]*\).*|\1|p" "$venv/bin/activate" 2>/dev/null | head -n 1)
    [ -z "$made_at" ] || [ "$made_at" -ef "$venv" ] ||
        fail "$venv was made at $made_at, and the project was moved or copied since; remove $venv and run make again"
    "$venv/bin/python" -c "$supported" 2>/dev/null ||
        fail "$venv does not run, or not on Python 3.11 to 3.13; remove it and run make again"
    exit 0
fi
[ -n "$python" ] || fail "no Python 3.13, 3.12 or 3.11 with its venv runs here; install one, or say make PYTHON=..."
"$python" -c "$supported" 2>/dev/null || fail "$python does not run, or is not Python 3.11 to 3.13"
"$python" -m venv "$venv" || { rm -rf "$venv"; fail "$python could not make $venv"; }
echo '*' >"$venv/.gitignore"
