#!/usr/bin/env bash
# Deploys a stage to AWS: registry, image (unless this version's is there already), then everything else. docs/deploy.md says
# what must be in the Parameter Store before.
#
#   deploy/aws.sh prod
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf '%s\n' "$*" >&2; exit 1; }

stage=${1:-}
[[ "$stage" =~ ^[a-z][a-z0-9-]*$ ]] || fail "Usage: deploy/aws.sh <stage>, such as dev or prod"
for program in aws docker npx; do
  command -v "$program" >/dev/null || fail "$program is needed."
done

AWS_REGION=${AWS_REGION:-$(aws configure get region || true)}
export AWS_REGION=${AWS_REGION:-eu-central-1}
export AWS_DEFAULT_REGION=$AWS_REGION
account=$(aws sts get-caller-identity --query Account --output text) || fail "Log in to AWS first."
tag=$(node --print 'require("./package.json").version')
echo "Version $tag to stage $stage, account $account, $AWS_REGION."

names=(vpc-id private-subnet-ids redis-security-group-id database-security-group-id dependencies-cidr S3_ENDPOINT
  KYC_SERVICE_SECRET REDIS_URL POSTGRES_URL KYC_ENCRYPTION_KEYS S3_ACCESS_KEY S3_SECRET_KEY GEMINI_API_KEY)
# As serverless.yml resolves it: the stage's own setting, else the default.
compreface=$(node --print '
  const stages = require("yaml").parse(require("node:fs").readFileSync("config/stages.yml", "utf8"));
  stages[process.argv[1]]?.compreface ?? stages.default.compreface' "$stage")
[[ "$compreface" == off ]] || names+=(COMPREFACE_URL COMPREFACE_API_KEY)
missing=()
for name in "${names[@]}"; do
  aws ssm get-parameter --name "/kyc/$stage/$name" --query Parameter.Name --output text >/dev/null 2>&1 || missing+=("/kyc/$stage/$name")
done
[[ ${#missing[@]} -eq 0 ]] || fail "Not in the Parameter Store (see docs/deploy.md): ${missing[*]}"

aws cloudformation deploy --stack-name kyc-registry --template-file deploy/registry.yml --no-fail-on-empty-changeset
repository=$(aws cloudformation describe-stacks --stack-name kyc-registry --query 'Stacks[0].Outputs[0].OutputValue' --output text)

if aws ecr describe-images --repository-name kyc-worker --image-ids "imageTag=$tag" >/dev/null 2>&1; then
  echo "The image $tag is in the registry already. (Raise the version in package.json to deploy another one.)"
else
  aws ecr get-login-password | docker login --username AWS --password-stdin "${repository%%/*}"
  docker buildx build --platform linux/arm64 --provenance=false --file Dockerfile.worker --tag "$repository:$tag" --push .
fi

# A new account may not have it, and making the first cluster does not wait for it.
if ! aws iam get-role --role-name AWSServiceRoleForECS >/dev/null 2>&1; then
  aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com >/dev/null
  sleep 15
fi

npx serverless deploy --stage "$stage"

url=$(aws cloudformation describe-stacks --stack-name "kyc-$stage" --query "Stacks[0].Outputs[?OutputKey=='HttpApiUrl'].OutputValue" --output text)
curl --fail --silent --show-error "$url/health" && echo "  $url/health"
