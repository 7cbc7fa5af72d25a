#!/bin/sh
# Builds the image's target `cpu` and starts it, without a Docker engine: buildah with chroot isolation.
# Needs root, buildah, debootstrap, a Debian mirror and a package index.
# BASE_IMAGE: the base to build on; without one a debootstrap root with Python stands in for python:3.12-slim-bookworm.
# Usage: tests/end_to_end/docker/build.sh [SERVER_URL]   with an address of an OpenAI-compatible server, a report is made.
set -eu
cd "$(dirname "$0")/../../.."

if [ -z "${BASE_IMAGE:-}" ]; then
    BASE_IMAGE=localhost/nippo-debian-python:bookworm
    if ! buildah inspect --type image "$BASE_IMAGE" > /dev/null 2>&1; then
        root=$(mktemp -d)
        debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root"
        cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
        stand_in=$(buildah from scratch)
        cp -a "$root/." "$(buildah mount "$stand_in")/"
        buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$stand_in"
        buildah commit --quiet "$stand_in" "$BASE_IMAGE" > /dev/null
        buildah rm "$stand_in" > /dev/null
        rm -rf "$root"
    fi
fi

# --format docker: the OCI format has no HEALTHCHECK.
buildah build --isolation chroot --format docker --layers --build-arg BASE_IMAGE="$BASE_IMAGE" \
    --build-arg REVISION="$(git rev-parse HEAD)" --target cpu --tag localhost/nippo:cpu .
buildah inspect --type image --format '{{.Docker.Config.User}} {{.Docker.Config.Entrypoint}} {{.Docker.Config.Cmd}}
{{.Docker.Config.Healthcheck}}
{{.Docker.Config.Labels}}' localhost/nippo:cpu

container=$(buildah from localhost/nippo:cpu)
vault=$(mktemp -d)
trap 'buildah rm "$container" > /dev/null; rm -rf "$vault"' EXIT
inside() { buildah run --isolation chroot --volume "$vault:/vault" "$container" -- "$@"; }

mkdir -p "$vault/.obsidian" "$vault/diary"
echo '{"folder": "diary"}' > "$vault/.obsidian/daily-notes.json"
chown -R 1000:1000 "$vault"
chmod 755 "$vault"
inside sh -c 'test "$(id -u)" = 1000 && tini --version && nippo --version'
if inside nippo status; then echo "status must fail while nothing runs"; exit 1; fi
[ $# -ge 1 ] || exit 0

today=$(date +%F)
server="env NIPPO_ENGINE__KIND=server NIPPO_ENGINE__SERVER_URL=$1 NIPPO_ENGINE__SERVER_MODEL=standin"
(sleep 8; echo '今日はサブネットの計算を復習した。' > "$vault/diary/$today.md") &
inside $server sh -c 'timeout --preserve-status 40 tini -- nippo run & sleep 30; nippo status; code=$?; wait; exit $code'
cat "$vault/nippo/$today-nippo.md"
