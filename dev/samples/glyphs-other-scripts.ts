/** Greek and Cyrillic capitals for `glyphs.ts`, on the same grid. */
import type { Glyph } from "./glyphs.ts";

/** Letters that look like a Latin one (after NFD, so that Й and Ё come from И and Е). */
export const LATIN_LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from("АЕІЈОРСТХВНКМЅҮΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", (letter, index) => [
    letter,
    "AEIJOPCTXBHKMSYABEZHIKMNOPTYX"[index] ?? "",
  ]),
);

const glyph = (width: number, path: string): Glyph => ({ width, path });

const SOFT = "M0 0V100H26C44 100 52 88 52 72S44 44 26 44H0";
const PI = "M0 100V0H58V100";
const DOUBLE_U = "M0 0V100H78V0M39 0V100";
const I_BACKWARDS = "M0 0V100L58 0V100";
const KA = "M0 0V100M52 0L0 56M16 42L54 100";
const PSI = "M0 0V30C0 56 14 64 36 64S72 56 72 30V0M36 0V100";
const ROUND = "M32 0C9 0 0 15 0 50S9 100 32 100S64 85 64 50S55 0 32 0Z";
const STEM_AND_TOP = "M50 0H0V100";

/** Letters with shapes of their own. */
export const OTHER_SCRIPTS: Readonly<Record<string, Glyph>> = {
  Б: glyph(52, `M48 0H0${SOFT.slice(4)}`),
  Г: glyph(50, STEM_AND_TOP),
  Д: glyph(72, "M0 116V100H72V116M10 100C20 76 22 40 22 0H62V100"),
  Ж: glyph(84, "M42 0V100M2 0L42 52L82 0M42 44L0 100M42 44L84 100"),
  З: glyph(52, "M2 12C8 4 16 0 25 0C40 0 49 10 49 24S40 48 24 48C42 48 52 58 52 73S41 100 25 100C13 100 5 95 0 86"),
  И: glyph(58, I_BACKWARDS),
  Л: glyph(60, "M0 100C16 98 16 70 16 0H60V100"),
  П: glyph(58, PI),
  У: glyph(58, "M0 0L30 62M58 0L26 78C20 94 14 100 2 98"),
  Ф: glyph(76, "M38 -4V104M38 16C14 16 0 28 0 48S14 80 38 80S76 68 76 48S62 16 38 16Z"),
  Ц: glyph(66, "M0 0V100H66V118M56 0V100"),
  Ч: glyph(52, "M0 0V34C0 52 10 60 24 60C36 60 46 56 52 50M52 0V100"),
  Ш: glyph(78, DOUBLE_U),
  Щ: glyph(88, `${DOUBLE_U}M78 100H88V118`),
  Ъ: glyph(66, "M0 0H18V100H42C58 100 66 88 66 72S58 44 42 44H18"),
  Ы: glyph(74, `${SOFT}M74 0V100`),
  Ь: glyph(52, SOFT),
  Э: glyph(58, "M0 14C8 5 15 0 24 0C46 0 58 22 58 50S46 100 24 100C15 100 8 95 0 86M16 50H58"),
  Ю: glyph(84, "M0 0V100M0 50H26M56 0C34 0 26 15 26 50S34 100 56 100S84 85 84 50S78 0 56 0Z"),
  Я: glyph(56, "M56 100V0H28C11 0 2 12 2 28S11 56 28 56H56M28 56L0 100"),
  Є: glyph(58, "M58 14C50 5 43 0 34 0C12 0 0 22 0 50S12 100 34 100C43 100 50 95 58 86M0 50H42"),
  Ґ: glyph(50, `M50 -16V0${STEM_AND_TOP.slice(3)}`),
  Қ: glyph(58, `${KA}H62V118`),
  Ғ: glyph(50, `${STEM_AND_TOP}M-8 50H34`),
  Ҳ: glyph(64, "M0 0L58 100H68V118M58 0L0 100"),
  Ң: glyph(66, "M0 0V100M56 0V100H68V118M0 48H56"),
  Ө: glyph(64, `${ROUND}M0 50H64`),
  Ұ: glyph(60, "M0 0L30 50L60 0M30 50V100M12 70H48"),
  Һ: glyph(50, "M0 0V100M0 50C6 40 14 36 26 36C42 36 50 46 50 62V100"),
  Ә: glyph(58, "M2 12C8 4 16 0 28 0C50 0 58 22 58 50S48 100 28 100C8 100 0 84 0 54H58"),
  Δ: glyph(64, "M32 0L64 100H0Z"),
  Γ: glyph(50, STEM_AND_TOP),
  Θ: glyph(64, `${ROUND}M18 50H46`),
  Λ: glyph(62, "M0 100L31 0L62 100"),
  Ξ: glyph(54, "M0 0H54M8 50H46M0 100H54"),
  Π: glyph(58, PI),
  Σ: glyph(54, "M52 0H0L32 50L0 100H54"),
  Φ: glyph(76, "M38 -4V104M38 16C14 16 0 28 0 48S14 80 38 80S76 68 76 48S62 16 38 16Z"),
  Ψ: glyph(72, PSI),
  Ω: glyph(66, "M0 100H24V92C8 84 0 66 0 44C0 16 12 0 33 0S66 16 66 44C66 66 58 84 42 92V100H66"),
};
