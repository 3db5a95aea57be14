/** The variables that a worker's configuration requires, with values that it accepts. No server listens behind them. */
export const WORKER_ENVIRONMENT = {
  REDIS_URL: "redis://127.0.0.1:9",
  POSTGRES_URL: "postgres://127.0.0.1:9/kyc",
  KYC_ENCRYPTION_KEYS: `1:${Buffer.alloc(32, "key").toString("base64")}`,
  S3_ENDPOINT: "http://127.0.0.1:9",
  S3_ACCESS_KEY: "GK01",
  S3_SECRET_KEY: "secret",
  GEMINI_API_KEY: "key",
};
