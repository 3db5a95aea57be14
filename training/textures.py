"""Draws grey textures: guilloches, rosettes, moire, clouds, print and scratches, as papers and tables have them."""

import cv2
import numpy as np
from fonts import TEXT_FONTS, open_font
from PIL import Image, ImageDraw

PRINT = list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789   <")
HEIGHT, WIDTH = 512, 768


def guilloche(rng, x, y):
    period, amplitude, wave = rng.uniform(4, 30), rng.uniform(2, 60), rng.uniform(40, 600)
    angle, phase = rng.uniform(-1.6, 1.6), rng.uniform(0, 7)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = -x * np.sin(angle) + y * np.cos(angle)
    bend = np.sin(2 * np.pi * along / wave + phase) + 0.4 * np.sin(2 * np.pi * along / wave * 2.3 + 2 * phase)
    lines = np.sin(2 * np.pi * (across + amplitude * bend) / period)
    return 100 * np.clip((lines - rng.uniform(-0.3, 0.95)) * 4, rng.choice([-0.2, -1]), 1)


def rosettes(rng, x, y):
    total = np.zeros_like(x)
    for _ in range(rng.integers(1, 4)):
        dx, dy = x - rng.uniform(0, WIDTH), y - rng.uniform(-HEIGHT, 2 * HEIGHT)
        radius, turn = np.hypot(dx, dy), np.arctan2(dy, dx)
        petals = rng.uniform(3, 30) * np.sin(rng.integers(4, 40) * turn)
        total += 80 * np.clip((np.sin(2 * np.pi * (radius + petals) / rng.uniform(5, 30)) - rng.uniform(0, 0.9)) * 4, 0, 1)
    return total


def moire(rng, x, y):
    first = np.sin((x * np.cos(0.1) + y) * rng.uniform(0.1, 1.2))
    return 60 * first * np.sin((x - y * rng.uniform(0.2, 3)) * rng.uniform(0.1, 1.2))


def clouds(rng, x, y):
    grid = rng.normal(0, 1, (int(rng.integers(3, 40)), int(rng.integers(3, 60)))).astype(np.float32)
    smooth = 60 * cv2.resize(grid, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return 70 * np.sign(smooth) if rng.random() < 0.3 else smooth


def print_like(rng, x, y):
    image = Image.new("L", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    font = open_font(TEXT_FONTS[rng.integers(len(TEXT_FONTS))], int(rng.integers(8, 50)))
    line = -10.0
    while line < HEIGHT:
        draw.text((rng.uniform(-200, 0), line), "".join(rng.choice(PRINT, 150)), fill=255, font=font)
        line += font.size * rng.uniform(1, 2)
    return np.asarray(image, np.float32) * 0.5


def grain(rng, x, y):
    noise = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), rng.uniform(0.6, 4)) * 140
    for _ in range(rng.integers(0, 12)):
        start = (int(rng.uniform(0, WIDTH)), int(rng.uniform(0, HEIGHT)))
        end = (int(start[0] + rng.normal(0, 200)), int(start[1] + rng.normal(0, 100)))
        cv2.line(noise, start, end, float(rng.choice([-90, 90])), int(rng.integers(1, 4)))
    return noise


def planks(rng, x, y):
    angle, width = rng.uniform(-1.6, 1.6), rng.uniform(20, 200)
    across = -x * np.sin(angle) + y * np.cos(angle)
    return 40 * np.sin(across / width * 6.28) + 20 * np.sin(across / rng.uniform(1.5, 8))


KINDS = [guilloche, guilloche, rosettes, moire, clouds, print_like, grain, planks]


def textures(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """`count` textures of 512 x 768, uint8 around 128."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    drawn = []
    for _ in range(count):
        total = sum(KINDS[rng.integers(len(KINDS))](rng, x, y) for _ in range(rng.integers(1, 3)))
        drawn.append(np.clip(128 + total - total.mean(), 0, 255).astype(np.uint8))
    return drawn


def sample(rng: np.random.Generator, pool: list[np.ndarray], height: int, width: int, zoom: float) -> np.ndarray:
    """A piece of a random texture, enlarged `zoom` times, as float32 around 0."""
    texture = pool[rng.integers(len(pool))]
    rows = int(np.clip(height / zoom, 4, HEIGHT))
    columns = int(np.clip(width / zoom, 4, WIDTH))
    top, left = rng.integers(0, HEIGHT - rows + 1), rng.integers(0, WIDTH - columns + 1)
    piece = texture[top : top + rows, left : left + columns]
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    if rng.random() < 0.5:
        piece = piece[::-1]
    return cv2.resize(np.ascontiguousarray(piece), (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32) - 128
