#!/usr/bin/env bash
# Starts the whole service on this machine. You can run it again at any time: it keeps what exists.
#
# The first run writes .env with new secrets, and asks for the key of the Gemini API, which it cannot make. docs/home.md
# explains the rest.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }
hex() { openssl rand -hex "$1"; }

docker compose version >/dev/null 2>&1 || fail "Docker with its compose plugin is needed: https://docs.docker.com/engine/install/"
command -v openssl >/dev/null || fail "openssl is needed to make secrets."

if [[ ! -e .env ]]; then
  umask 077
  cat >.env <<SETTINGS
# Made by deploy/home.sh. Keep a copy on another machine: without KYC_ENCRYPTION_KEYS, no stored result can be opened again.
# .env.example explains the other settings that you may add here.

# From https://aistudio.google.com/apikey
GEMINI_API_KEY=

# From CompreFace's page, once it runs. Without it, Gemini compares the faces.
COMPREFACE_API_KEY=

# Callers send it in X-Service-Token.
KYC_SERVICE_SECRET=$(hex 32)
# It opens the stored results. The backend needs it too.
KYC_ENCRYPTION_KEYS=1:$(openssl rand -base64 32)

# The backend uploads pictures with this key, and the worker reads them with it.
S3_ACCESS_KEY=GK$(hex 12)
S3_SECRET_KEY=$(hex 32)
S3_BUCKET=kyc-data

POSTGRES_PASSWORD=$(hex 24)
COMPREFACE_POSTGRES_PASSWORD=$(hex 24)
GARAGE_RPC_SECRET=$(hex 32)
SETTINGS
  say "Wrote .env with new secrets."
fi

setting() { sed -n "s/^$1=//p" .env | tail -n 1; }

[[ -n "$(setting GEMINI_API_KEY)" ]] || fail "Set GEMINI_API_KEY in .env to a key of the Gemini API, and run this again."

docker compose up --detach --build

say "Preparing the storage."
garage() { docker compose exec -T garage /garage "$@"; }
for _ in {1..30}; do
  garage status >/dev/null 2>&1 && break
  sleep 2
done
if [[ "$(garage status)" == *"NO ROLE ASSIGNED"* ]]; then
  capacity=$(setting KYC_GARAGE_CAPACITY)
  node=$(garage node id --quiet)
  garage layout assign --zone home --capacity "${capacity:-10G}" "${node%%@*}"
  garage layout apply --version 1
fi
key=$(setting S3_ACCESS_KEY)
bucket=$(setting S3_BUCKET)
garage key info "$key" >/dev/null 2>&1 || garage key import --yes -n kyc "$key" "$(setting S3_SECRET_KEY)" >/dev/null
garage bucket info "$bucket" >/dev/null 2>&1 || garage bucket create "$bucket" >/dev/null
garage bucket allow --read --write "$bucket" --key "$key" >/dev/null

say "Waiting until the service answers."
docker compose up --detach --wait api worker

port=$(setting KYC_API_PORT)
say "
It runs: http://localhost:${port:-3000}/health
Callers send KYC_SERVICE_SECRET of .env in X-Service-Token; the backend uploads to http://localhost:3900 with S3_ACCESS_KEY."
if [[ -z "$(setting COMPREFACE_API_KEY)" ]]; then
  say "
One thing is left: CompreFace. Open http://localhost:8000 (it takes two minutes to start), sign up, create an application
and in it a service of type VERIFICATION, set COMPREFACE_API_KEY in .env to its API key, and run this again. Until
then, Gemini compares the faces."
fi
