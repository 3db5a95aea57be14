/** Every permission with a wildcard that the template grants, and why it cannot be narrower. */
export const REASONS_FOR_WILDCARDS: Readonly<Record<string, string>> = {
  "WriteItsOwnLog logs:CreateLogStream": "Lambda names the streams in the function's own log group.",
  "WriteItsOwnLog logs:PutLogEvents": "Lambda names the streams in the function's own log group.",
  "SendTraces xray:PutTraceSegments": "X-Ray has no resources that a policy could name.",
  "SendTraces xray:PutTelemetryRecords": "X-Ray has no resources that a policy could name.",
  "LogInToTheRegistry ecr:GetAuthorizationToken": "The token is for the account's registry, not for a repository.",
  ...Object.fromEntries(
    ["Create", "Delete"].map((verb) => [
      `AttachToTheNetwork ec2:${verb}NetworkInterface`,
      "Lambda attaches the function before there is an interface to name; the function's code is denied the same.",
    ]),
  ),
  ...Object.fromEntries(
    ["DescribeNetworkInterfaces", "DescribeSubnets", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"].map(
      (action) => [`AttachToTheNetwork ec2:${action}`, "As above; and what describes has no resources to name."],
    ),
  ),
};
