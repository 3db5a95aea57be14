/** Another client that locks a record. */
import { Client } from "pg";
import { eventually } from "../../waiting.ts";

/** Locks a record. Dispose of the result to unlock it. */
export async function lockRecord(url: string, kycId: number) {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("BEGIN");
  await client.query("SELECT 1 FROM kyc_verification WHERE id=$1 FOR UPDATE", [kycId]);
  return {
    /** Waits until the service waits for the record. */
    isWaitedFor: () =>
      eventually("the service waits for the record", async () => {
        // Otherwise PostgreSQL shows the same activity for the whole transaction.
        await client.query("SELECT pg_stat_clear_snapshot()");
        const { rows } = await client.query(
          "SELECT 1 FROM pg_stat_activity WHERE application_name='kyc-service' AND wait_event_type='Lock'",
        );
        return rows.length > 0;
      }),
    [Symbol.asyncDispose]: () => client.end(),
  };
}
