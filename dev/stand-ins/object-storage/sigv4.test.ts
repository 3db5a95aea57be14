import assert from "node:assert/strict";
import { test } from "node:test";
import { UNSIGNED_PAYLOAD, sameSignature, sha256Hex, signatureOf, signingScope } from "./sigv4.ts";

// The worked examples in AWS's description of Signature Version 4 for S3.
const secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const region = "us-east-1";
const time = "20130524T000000Z";

test("signs AWS's example of a presigned URL", () => {
  const signature = signatureOf(
    {
      method: "GET",
      path: "/test.txt",
      query: [
        ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
        ["X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"],
        ["X-Amz-Date", time],
        ["X-Amz-Expires", "86400"],
        ["X-Amz-SignedHeaders", "host"],
      ],
      headers: [["host", "examplebucket.s3.amazonaws.com"]],
      payloadHash: UNSIGNED_PAYLOAD,
      time,
    },
    { secretKey, region },
  );
  assert.equal(signature, "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
});

test("signs AWS's example of a PUT with signed headers", () => {
  const payloadHash = sha256Hex("Welcome to Amazon S3.");
  const signature = signatureOf(
    {
      method: "PUT",
      path: "/test%24file.text",
      query: [],
      headers: [
        ["date", "Fri, 24 May 2013 00:00:00 GMT"],
        ["host", "examplebucket.s3.amazonaws.com"],
        ["x-amz-content-sha256", payloadHash],
        ["x-amz-date", time],
        ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
      ],
      payloadHash,
      time,
    },
    { secretKey, region },
  );
  assert.equal(signature, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
});

test("a scope names the day, the region and S3", () => {
  assert.equal(signingScope(time, "garage"), "20130524/garage/s3/aws4_request");
});

test("signatures are the same for either case of their digits, and not of another length", () => {
  assert.equal(sameSignature("ab12", "AB12"), true);
  assert.equal(sameSignature("ab12", "ab13"), false);
  assert.equal(sameSignature("ab12", "ab1"), false);
});
