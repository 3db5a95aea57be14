"""Draws rows of a zone as the line reader sees them: 32 x 768, 16 pixels a character, 48 characters wide."""

import cv2
import numpy as np
from fonts import OCR_B, PLAIN, TEXT_FONTS, open_font, with_advance
from PIL import Image, ImageDraw
from pages import motion
from texts import ALPHABET, INDEX, LETTERS, first_line, pick, random_line, second_line
from textures import sample

HEIGHT, WIDTH, FRAMES = 32, 768, 192
PITCH = 32  # pixels a character on the canvas
CANVAS = (160, 52 * PITCH)
CELL = (48, PITCH)


LARGE = 4  # how much larger than on the canvas glyphs are drawn
OTHER_FONTS = 0.15  # the share of cuts that are no OCR-B, so that letters of any cut are known


def letter(font, character: str, middle: float) -> np.ndarray:
    """One letter in a cell, squeezed where it is wider."""
    width, height = CELL[1] * LARGE, CELL[0] * LARGE
    length = font.getlength(character)
    image = Image.new("L", (max(width, int(length) + 8), height))
    ImageDraw.Draw(image).text((image.width / 2 - length / 2, height / 2 - middle), character, fill=255, font=font)
    if length <= 0.94 * width:
        left = (image.width - width) // 2
        return np.asarray(image)[:, left : left + width]
    return cv2.resize(np.asarray(image), (width, height), interpolation=cv2.INTER_AREA)


def glyph_set(rng: np.random.Generator) -> np.ndarray:
    """The alphabet in one cut: size, slant and weight differ as between printers. 37 cells of ink, 0 to 255."""
    width, height = CELL[1] * LARGE, CELL[0] * LARGE
    if rng.random() < OTHER_FONTS:
        font = open_font(PLAIN[rng.integers(len(PLAIN))], int(PITCH * LARGE * rng.uniform(1.3, 1.55)))
    else:
        font = with_advance(OCR_B[int(rng.random() < 0.25)], PITCH * LARGE)
    narrow = rng.uniform(0.84, 1.08)
    tall, slant, weight = narrow * rng.uniform(0.9, 1.12), rng.normal(0, 0.03), int(rng.integers(-5, 11))
    matrix = np.float32([[narrow, slant, 0], [0, tall, 0]])
    matrix[:, 2] = [width / 2 * (1 - narrow) - slant * height / 2, height / 2 * (1 - tall)]
    cells = np.zeros((len(ALPHABET), *CELL), np.uint8)
    bounds = font.getbbox("H")
    for index, character in enumerate(ALPHABET):
        ink = cv2.warpAffine(letter(font, character, (bounds[1] + bounds[3]) / 2), matrix, (width, height))
        if weight:
            brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(weight) + 1,) * 2)
            ink = cv2.dilate(ink, brush) if weight > 0 else cv2.erode(ink, brush)
        cells[index] = cv2.resize(ink, CELL[::-1], interpolation=cv2.INTER_AREA)
    return cells


class LineArtist:
    """Draws rows. `hard` in 0.5 to 1 is how strong the degradations are."""

    def __init__(self, seed: int, textures: list[np.ndarray], cuts: int = 150):
        self.rng = np.random.default_rng(seed)
        self.textures = textures
        self.glyphs = [glyph_set(self.rng) for _ in range(cuts)]
        self.hard = 1.0

    def often(self, chance: float) -> bool:
        return self.rng.random() < chance

    def text(self) -> str:
        style = self.rng.random()
        if style < 0.5:
            return random_line(self.rng, 44 if self.often(0.85) else int(self.rng.integers(20, 44)))
        return first_line(self.rng) if style < 0.75 else second_line(self.rng)

    def put_row(self, canvas, middle, left, text, glyphs, unrest=0.0):
        """Sets a text in cells; with `unrest`, each character is off its place by a little."""
        for position, character in enumerate(text):
            dx, dy = np.clip(np.round(self.rng.normal(0, [unrest, 0.7 * unrest])), -3, 3).astype(int) if unrest else (0, 0)
            top, x = int(middle) - CELL[0] // 2 + dy, left + position * PITCH + dx
            upper, lower = max(0, top), min(CANVAS[0], top + CELL[0])
            if lower > upper and 0 <= x <= CANVAS[1] - PITCH:
                area = canvas[upper:lower, x : x + PITCH]
                np.maximum(area, glyphs[INDEX[character]][upper - top : lower - top], out=area)

    def put_caption(self, canvas, left_end, right_end):
        """Other print in the row's height, before or after it."""
        font = open_font(TEXT_FONTS[self.rng.integers(len(TEXT_FONTS))], int(self.rng.integers(16, 50)))
        image = Image.fromarray(canvas)
        words = pick(self.rng, LETTERS + list("abcdefgh0123456789 "), 12)
        y = CANVAS[0] / 2 + self.rng.uniform(-60, 20)
        x = left_end - font.getlength(words) - self.rng.uniform(4, 40) if self.often(0.5) else right_end + self.rng.uniform(4, 40)
        ImageDraw.Draw(image).text((x, y), words, fill=255, font=font)
        return np.array(image)

    def ink(self, text):
        """The canvas with the row in its middle, most often with the zone's other row. Returns it and the row's left end."""
        rng = self.rng
        canvas = np.zeros(CANVAS, np.uint8)
        glyphs = self.glyphs[rng.integers(len(self.glyphs))]
        whole = len(text) == 44
        left = (CANVAS[1] - 44 * PITCH) // 2 if whole else int(rng.integers(4 * PITCH, CANVAS[1] - (4 + len(text)) * PITCH + 1))
        self.put_row(canvas, CANVAS[0] / 2, left, text, glyphs, rng.uniform(0.3, 1.1) if self.often(0.25) else 0)
        if self.often(0.78):
            distance = rng.uniform(2.1, 2.9) if self.often(0.75) else rng.uniform(1.65, 2.1)
            other = np.resize(list(self.text()), 44)
            start = (CANVAS[1] - 44 * PITCH) // 2 + int(rng.normal(0, 4))
            self.put_row(canvas, CANVAS[0] / 2 + rng.choice([-1, 1]) * distance * PITCH, start, other, glyphs)
        if self.often(0.08):
            canvas = self.put_caption(canvas, left, left + len(text) * PITCH)
        return self.wear(canvas), left

    def wear(self, canvas):
        """What printing and wear do to ink: spread, dots, speckle, gaps, dirt, scratches."""
        rng = self.rng
        style = rng.random()
        if style < 0.1:
            canvas = cv2.dilate(canvas, np.ones((2, 2), np.uint8))
        elif style < 0.18:
            canvas = cv2.erode(canvas, np.ones((2, 2), np.uint8))
        elif style < 0.26:  # a dot matrix, or a laser that engraves in dots
            step, y, x = rng.uniform(2.5, 5), *np.mgrid[0 : CANVAS[0], 0 : CANVAS[1]].astype(np.float32)
            dots = np.cos(2 * np.pi * x / step) + np.cos(2 * np.pi * y / step * rng.uniform(0.8, 1.2))
            canvas = (canvas * np.clip(0.65 + rng.uniform(0.2, 0.5) * dots, 0, 1)).astype(np.uint8)
        elif style < 0.3:
            canvas = (canvas * rng.uniform(rng.uniform(0, 0.7), 1, CANVAS)).astype(np.uint8)
        if self.often(0.22):
            gaps = sample(rng, self.textures, *CANVAS, rng.uniform(0.5, 3)) + 128
            cover = np.clip((gaps - rng.uniform(90, 135)) / 20 + rng.uniform(0.3, 1), rng.uniform(0, 0.6), 1)
            canvas = (canvas * cover).astype(np.uint8)
        if self.often(0.15):
            for _ in range(rng.integers(1, 8)):
                centre = (int(rng.uniform(0, CANVAS[1])), int(rng.uniform(0, CANVAS[0])))
                axes = (int(rng.integers(1, 14)), int(rng.integers(1, 10)))
                cv2.ellipse(canvas, centre, axes, rng.uniform(0, 180), 0, 360, int(rng.integers(0, 2) * 255), -1)
        if self.often(0.08):
            ends = [(int(rng.normal(x, 300)), int(CANVAS[0] / 2 + rng.normal(0, 30))) for x in (200, 1_400)]
            cv2.line(canvas, *ends, 255 if self.often(0.6) else 0, int(rng.integers(1, 5)))
        return canvas

    def geometry(self, pitch, whole):
        """Where each pixel of a photograph with `pitch` pixels a character comes from on the canvas."""
        rng = self.rng
        width, height = round(48 * pitch), round(2 * pitch)
        stretch = np.clip(rng.normal(1, 0.016), 0.95, 1.05)
        slack = 2 - 22 * abs(stretch - 1) - 0.3 if whole else 1.5
        shift = np.clip(rng.normal(0, 0.35), -slack, slack)
        drop, tall = np.clip(rng.normal(0, 0.11), -0.33, 0.33), np.clip(rng.normal(1, 0.08), 0.78, 1.25)
        u, v = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
        lean = rng.normal(0, 0.014) if self.often(0.5) else 0.0
        x = CANVAS[1] / 2 + PITCH * (shift + 24 / stretch * (u + lean * (u * u - 0.5)))
        curve = rng.normal(0, 0.07) * u + (rng.normal(0, 0.13) * (u * u - 0.4) if self.often(0.3) else 0)
        if self.often(0.15):
            curve = curve + 0.06 * np.sin(u * rng.uniform(3, 9) + rng.uniform(0, 6))
        y = CANVAS[0] / 2 + PITCH * (drop + v / tall)
        shear = np.clip(rng.normal(0, 0.06), -0.25, 0.25)
        map_x = x[None] + shear * (y - CANVAS[0] / 2)[:, None]
        map_y = y[:, None] + PITCH * curve[None]
        return map_x.astype(np.float32), map_y.astype(np.float32), x

    def paper(self, height, width, pitch, u, v):
        rng = self.rng
        level = rng.uniform(120, 250) if self.often(0.8) else rng.uniform(40, 140)
        paper = np.full((height, width), level, np.float32)
        for _ in range(rng.integers(0, 4)):
            strength = abs(rng.normal(0, 0.22)) * level / 128 * self.hard
            paper += strength * sample(rng, self.textures, height, width, rng.uniform(0.35, 2.2) * 16 / pitch)
        if self.often(0.5):
            paper *= (1 + rng.normal(0, 0.15) * u + rng.normal(0, 0.1) * np.sin(u * rng.uniform(1, 5)))[None]
        if self.often(0.2):
            paper *= (1 + rng.normal(0, 0.1) * v)[:, None]
        if self.often(0.12):  # a hard edge of light, or the edge of the page
            paper[:, int(rng.uniform(0, width)) :] *= rng.uniform(0.4, 1.6)
        if self.often(0.08):
            edge = int(rng.uniform(0, 0.2) * height) + 1
            part = slice(0, edge) if self.often(0.5) else slice(height - edge, height)
            paper[part] *= rng.uniform(0.1, 1.5)
        return paper

    def glare(self, image, u, v):
        rng = self.rng
        for _ in range(rng.integers(1, 4)):
            x, wide, y, high = rng.uniform(-1, 1), rng.uniform(0.01, 0.14), rng.uniform(-1.5, 1.5), rng.uniform(0.4, 2)
            spot = np.exp(-(((u - x) / wide) ** 2))[None] * np.exp(-(((v - y) / high) ** 2))[:, None]
            if self.often(0.6):
                image = image + spot * rng.uniform(60, 330)
            else:  # a hologram: contrast goes, and not always to white
                image = image + spot * (image.mean() + rng.uniform(-60, 60) - image) * rng.uniform(0.3, 1)
        return image

    def optics(self, image, pitch, u, v):
        rng, hard = self.rng, self.hard
        style = rng.random()
        if style < 0.45:
            blur = min(abs(rng.normal(0, 0.1)) * hard, 0.21) * pitch
            image = cv2.GaussianBlur(image, (0, 0), blur) if blur > 0.25 else image
        elif style < 0.6:
            image = cv2.filter2D(image, -1, motion(rng, rng.uniform(0.15, 0.75) * pitch * hard))
        elif style < 0.68:
            size = int(rng.uniform(0.1, 0.3) * pitch) | 1
            image = cv2.blur(image, (size, size)) if size > 1 else image
        elif style < 0.74:
            image = image + rng.uniform(0.3, 1.5) * (image - cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 2)))
        if self.often(0.08):  # a screen's grid, seen by a camera
            wave = np.sin(u * rng.uniform(40, 500))[None] + np.sin(v * rng.uniform(5, 40))[:, None]
            image = image * (1 + rng.uniform(0.02, 0.12) * wave)
        if self.often(0.12):
            image = image * rng.uniform(0.12, 0.5)
        if self.often(0.6):
            image = image + rng.standard_normal(image.shape, dtype=np.float32) * (abs(rng.normal(0, 6)) * hard)
        return np.clip(image, 0, 255).astype(np.uint8)

    def draw(self):
        """A strip, its text as indices, the frame of each character's middle, and the pixels a character had."""
        rng = self.rng
        text = self.text()
        canvas, left = self.ink(text)
        pitch = float(np.exp(rng.uniform(np.log(4.7), np.log(22)))) if self.often(0.75) else rng.uniform(9, 26)
        map_x, map_y, x = self.geometry(pitch, len(text) == 44)
        height, width = map_x.shape
        if PITCH / pitch > 1.2:
            canvas = cv2.blur(canvas, (max(1, round(PITCH / pitch)),) * 2)
        ink = cv2.remap(canvas, map_x, map_y, cv2.INTER_LINEAR).astype(np.float32) / 255
        u, v = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
        contrast = rng.uniform(0.55, 0.97) if self.often(0.75) else rng.uniform(0.16, 0.55)
        if self.often(0.15):
            contrast = contrast * (1 + rng.normal(0, 0.25) * np.sin(u * rng.uniform(1, 12) + rng.uniform(0, 6)))[None]
        image = self.paper(height, width, pitch, u, v) * (1 - np.clip(ink * contrast, 0, 1))
        if self.often(0.2):  # coloured print over the ink
            image += abs(rng.normal(0, 0.12)) * sample(rng, self.textures, height, width, rng.uniform(0.35, 2) * 16 / pitch)
        if self.often(0.18 * self.hard):
            image = self.glare(image, u, v)
        image = self.optics(image, pitch, u, v)
        if self.often(0.6):
            quality = int(rng.integers(10, 60) if self.often(0.4) else rng.integers(50, 96))
            image = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
        enlarge = cv2.INTER_LINEAR if self.often(0.85) else cv2.INTER_CUBIC
        image = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA if width > WIDTH else enlarge)
        if self.often(0.025):
            image = 255 - image
        middles = left + (np.arange(len(text)) + 0.5) * PITCH
        frames = np.interp(middles, x, (np.arange(width) + 0.5) / width * FRAMES)
        return image, np.array([INDEX[character] for character in text]), frames, pitch

    def batch(self, count: int):
        """Strips, texts with a blank's place at 0, their lengths, and for each frame the character whose middle it is."""
        strips = np.empty((count, HEIGHT, WIDTH), np.uint8)
        texts, lengths = np.zeros((count, 44), np.int64), np.empty(count, np.int64)
        middles = np.zeros((count, FRAMES), np.int64)
        for index in range(count):
            strips[index], text, frames, _ = self.draw()
            lengths[index] = len(text)
            texts[index, : len(text)] = text + 1
            for offset in (-1, 0):
                middles[index, np.clip(np.round(frames).astype(int) + offset, 0, FRAMES - 1)] = text + 1
        return strips, texts, lengths, middles
