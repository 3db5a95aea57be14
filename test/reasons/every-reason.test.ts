/** Every code of the catalogue has a fixture, and each fixture still produces its code through the service's own code. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { isReasonCode, REASONS } from "../../lib/reasons.ts";
import type { Fixtures } from "./fixture.ts";
import { PICTURE_FIXTURES } from "./picture-fixtures.ts";
import { PROVIDER_FIXTURES } from "./provider-fixtures.ts";
import { openProviders, type Providers } from "./providers.ts";
import { RULE_FIXTURES } from "./rule-fixtures.ts";
import { RUN_FIXTURES } from "./run-fixtures.ts";

// The compiler misses a code that has no fixture, too.
const FIXTURES: Fixtures = { ...PICTURE_FIXTURES, ...RULE_FIXTURES, ...PROVIDER_FIXTURES, ...RUN_FIXTURES };
const CODES = Object.keys(REASONS).filter(isReasonCode);

let providers: Providers;
before(async () => {
  providers = await openProviders();
});
after(() => providers.close());
afterEach(() => providers.heal());

test("every reason has a fixture, and every fixture has a reason", () => {
  assert.deepEqual(Object.keys(FIXTURES).toSorted(), CODES.toSorted());
});

for (const code of CODES) {
  test(`the fixture of ${code} produces that reason`, async () => {
    const produced = await FIXTURES[code](providers);
    assert.ok(produced.includes(code), `instead: ${produced.join(", ") || "nothing"}`);
  });
}
