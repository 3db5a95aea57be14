#!/usr/bin/env bash
# Deploys a stage to AWS: the registry, the image (unless the registry has this version), then everything else. docs/deploy.md
# says what must be in the Parameter Store first.
#
#   deploy/aws.sh prod
#
# Runs an operator's command (npx kyc) as a task of the worker's image, in the worker's network and with its settings:
#
#   deploy/aws.sh kyc prod failed --since 1h
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf '%s\n' "$*" >&2; exit 1; }

run_kyc() {
  local stage=${1:-} cluster network task overrides code
  [[ "$stage" =~ ^[a-z][a-z0-9-]*$ && $# -gt 1 ]] || fail "Usage: deploy/aws.sh kyc <stage> <command>, such as: deploy/aws.sh kyc prod stats"
  shift
  local word
  for word in "$@"; do
    case $word in
      show | read) fail "$word prints personal data, which must not get into the log. Run it on a machine in the network." ;;
      assess | replay) fail "$word reads local files. Run it on a machine in the network." ;;
      --watch) fail "--watch does not end. Run stats without it." ;;
    esac
  done
  cluster=kyc-$stage
  overrides=$(node --print '
    const [stage, ...words] = process.argv.slice(1);
    const stages = require("yaml").parse(require("node:fs").readFileSync("config/stages.yml", "utf8"));
    const value = String(stages[stage]?.KYC_STUCK_SINCE_COLUMN ?? stages.default.KYC_STUCK_SINCE_COLUMN);
    const environment = [{ name: "KYC_STUCK_SINCE_COLUMN", value }];
    JSON.stringify({ containerOverrides: [{ name: "worker", command: ["node", "cli/main.ts", ...words], environment }] })' -- "$stage" "$@")
  network=$(aws ecs describe-services --cluster "$cluster" --services worker --query 'services[0].networkConfiguration' --output json)
  task=$(aws ecs run-task --cluster "$cluster" --task-definition "$cluster-worker" --launch-type FARGATE \
    --network-configuration "$network" --overrides "$overrides" --query 'tasks[0].taskArn' --output text)
  echo "Task ${task##*/}: it takes about a minute to start." >&2
  aws ecs wait tasks-stopped --cluster "$cluster" --tasks "$task" ||
    fail "It still runs. Look again with: aws logs tail /ecs/$cluster-worker --since 1h --format short --log-stream-names worker/worker/${task##*/}"
  aws logs tail "/ecs/$cluster-worker" --since 1h --format short --log-stream-names "worker/worker/${task##*/}"
  code=$(aws ecs describe-tasks --cluster "$cluster" --tasks "$task" --query 'tasks[0].containers[0].exitCode' --output text)
  [[ "$code" =~ ^[0-9]+$ ]] || fail "The task did not start: aws ecs describe-tasks --cluster $cluster --tasks $task"
  exit "$code"
}

AWS_REGION=${AWS_REGION:-$(aws configure get region 2>/dev/null || true)}
export AWS_REGION=${AWS_REGION:-eu-central-1}
export AWS_DEFAULT_REGION=$AWS_REGION
[[ "${1:-}" != kyc ]] || run_kyc "${@:2}"

stage=${1:-}
[[ "$stage" =~ ^[a-z][a-z0-9-]*$ ]] || fail "Usage: deploy/aws.sh <stage>, such as dev or prod"
for program in aws docker npx; do
  command -v "$program" >/dev/null || fail "$program is needed."
done

account=$(aws sts get-caller-identity --query Account --output text) || fail "Log in to AWS first."
tag=$(node --print 'require("./package.json").version')
echo "Version $tag to stage $stage, account $account, $AWS_REGION."

names=(vpc-id private-subnet-ids redis-security-group-id database-security-group-id dependencies-cidr S3_ENDPOINT
  KYC_SERVICE_SECRET REDIS_URL POSTGRES_URL KYC_ENCRYPTION_KEYS S3_ACCESS_KEY S3_SECRET_KEY GEMINI_API_KEY)
# As in serverless.yml: the stage's own setting, else the default.
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

# A new account may lack this role, and creating the first cluster does not wait for it.
if ! aws iam get-role --role-name AWSServiceRoleForECS >/dev/null 2>&1; then
  aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com >/dev/null
  sleep 15
fi

npx serverless deploy --stage "$stage"

url=$(aws cloudformation describe-stacks --stack-name "kyc-$stage" --query "Stacks[0].Outputs[?OutputKey=='HttpApiUrl'].OutputValue" --output text)
curl --fail --silent --show-error "$url/health" && echo "  $url/health"
