--
-- Class KycVerification as table kyc_verification
--
-- What Serverpod 3 generates for the backend's model:
--
--   class: KycVerification
--   table: kyc_verification
--   fields:
--     userId: int
--     status: KycStatus, default=pending
--     passportKey: String?
--     selfieKey: String?
--     stampKey: String?
--     ocrResult: ByteData?
--     reviewedAt: DateTime?
--     createdAt: DateTime, default=now
--
-- An enum is text, with the name of its value. A DateTime has no time zone and is read as UTC.
--
CREATE TABLE "kyc_verification" (
    "id" bigserial PRIMARY KEY,
    "userId" bigint NOT NULL,
    "status" text NOT NULL DEFAULT 'pending'::text,
    "passportKey" text,
    "selfieKey" text,
    "stampKey" text,
    "ocrResult" bytea,
    "reviewedAt" timestamp without time zone,
    "createdAt" timestamp without time zone NOT NULL DEFAULT CURRENT_TIMESTAMP
);
