"""Draws documents, with the place of their zone, and photographs of them: what the zone finder learns from."""

import cv2
import numpy as np
from fonts import MONOSPACED, OCR_B, TEXT_FONTS, open_font, with_advance
from PIL import Image, ImageDraw
from texts import LETTERS, first_line, pick, random_line, second_line
from textures import sample

PITCH = 10  # pixels a character of the zone, on the document
MM = PITCH / 2.54
SCENE = 352  # the side of a photograph, which is what the network sees
STRIDE = 4  # of the network's output


class Document:
    """A drawn document: its grey picture, and the area of the first and of the second row."""

    def __init__(self, picture: np.ndarray, rows: np.ndarray | None):
        self.picture = picture
        self.rows = rows


def words(rng: np.random.Generator) -> str:
    return " ".join(pick(rng, LETTERS, int(rng.integers(2, 11))) for _ in range(rng.integers(1, 4)))


def write(rng, draw, box, ink, size_mm=(1.4, 3.4), font=None):
    """Fills a box with rows of text: small labels and larger values."""
    left, top, right, bottom = box
    line = top
    chosen = font or TEXT_FONTS[rng.integers(len(TEXT_FONTS))]
    while line < bottom:
        face = open_font(chosen, max(5, int(rng.uniform(*size_mm) * MM)))
        text = words(rng)
        draw.text((left + rng.uniform(0, 0.1) * (right - left), line), text if rng.random() < 0.6 else text.title(), fill=ink, font=face)
        if rng.random() < 0.5:
            draw.text((left + rng.uniform(0.4, 0.7) * (right - left), line), pick(rng, list("0123456789./"), 9), fill=ink, font=face)
        line += face.size * rng.uniform(1.1, 2.4)


def portrait(rng, picture, box):
    """A head and shoulders as blobs in a frame."""
    left, top, right, bottom = (int(v) for v in box)
    frame = picture[max(0, top) : bottom, max(0, left) : right]
    if frame.shape[0] < 12 or frame.shape[1] < 12:
        return
    height, width = frame.shape[:2]
    frame[:] = rng.integers(150, 245)
    skin, hair, cloth = (int(v) for v in rng.integers(20, 220, 3))
    cv2.ellipse(frame, (width // 2, height), (int(width * 0.48), int(height * 0.3)), 0, 0, 360, cloth, -1)
    cv2.ellipse(frame, (width // 2, int(height * 0.42)), (int(width * 0.31), int(height * 0.35)), 0, 0, 360, hair, -1)
    cv2.ellipse(frame, (width // 2, int(height * 0.5)), (int(width * 0.25), int(height * 0.32)), 0, 0, 360, skin, -1)
    for x in (0.4, 0.6):
        cv2.circle(frame, (int(width * x), int(height * 0.46)), max(1, width // 30), 30, -1)
    cv2.line(frame, (int(width * 0.43), int(height * 0.64)), (int(width * 0.57), int(height * 0.64)), 60, max(1, width // 50))
    frame[:] = cv2.GaussianBlur(frame, (0, 0), max(0.6, width / 60))


def paper(rng, pool, height, width):
    picture = np.full((height, width), rng.uniform(150, 252) if rng.random() < 0.85 else rng.uniform(60, 150), np.float32)
    for _ in range(rng.integers(0, 4)):
        picture += abs(rng.normal(0, 0.2)) * sample(rng, pool, height, width, float(np.exp(rng.uniform(-0.7, 1.2))))
    return np.clip(picture, 0, 255).astype(np.uint8)


def zone(rng, picture, left, base, lines, spacing):
    """Prints the lines of a zone; `base` is the middle of the last line. Returns the middles of the lines."""
    # The reader of lines must know its letters; the finder must know a zone in any print.
    font = with_advance(MONOSPACED[rng.integers(len(MONOSPACED))] if rng.random() < 0.2 else OCR_B[int(rng.random() < 0.25)], PITCH)
    ink = int(rng.integers(0, 90))
    image = Image.new("L", (len(lines[0]) * PITCH + 8, int(spacing * PITCH * len(lines)) + 20))
    draw = ImageDraw.Draw(image)
    bounds = font.getbbox("H")
    middles = [base - (len(lines) - 1 - index) * spacing * PITCH for index in range(len(lines))]
    for index, line in enumerate(lines):
        draw.text((4, 10 + index * spacing * PITCH - bounds[1]), line, fill=255, font=font)
    cover = np.asarray(image, np.float32) / 255 * rng.uniform(0.55, 1)
    if rng.random() < 0.3:
        cover = cv2.dilate(cover, np.ones((2, 2)))
    top = int(middles[0] - 10 - (bounds[3] - bounds[1]) / 2)
    x0, y0 = int(left - 4), top
    height = min(cover.shape[0], picture.shape[0] - y0)
    width = min(cover.shape[1], picture.shape[1] - x0)
    if y0 < 0 or x0 < 0 or height < 1 or width < 1:
        return None
    part = picture[y0 : y0 + height, x0 : x0 + width].astype(np.float32)
    cover = cover[:height, :width]
    picture[y0 : y0 + height, x0 : x0 + width] = (part * (1 - cover) + ink * cover).astype(np.uint8)
    return middles


def data_page(rng, pool, lines, height_mm=88, width_mm=125):
    """The page with the zone. Returns its picture and the zone's rows as boxes."""
    height, width = int(height_mm * MM), int(width_mm * MM)
    picture = paper(rng, pool, height, width)
    spacing = rng.uniform(1.9, 2.9)
    base = height - rng.uniform(3.5, 12) * MM
    left = max(5, (width - len(lines[0]) * PITCH) / 2 + rng.normal(0, 1.2) * MM)
    top_of_zone = base - (len(lines) - 1) * spacing * PITCH - 1.6 * PITCH
    if rng.random() < 0.4:
        picture[int(top_of_zone - rng.uniform(0, 10)) :] = int(rng.integers(190, 255))
    side = rng.random()
    face_width, face_top = rng.uniform(25, 40) * MM, rng.uniform(8, 25) * MM
    face_left = rng.uniform(3, 10) * MM if side < 0.8 else width - face_width - rng.uniform(3, 10) * MM
    face_bottom = min(face_top + face_width * 1.28, top_of_zone - rng.uniform(0, 20))
    if rng.random() < 0.9:
        portrait(rng, picture, (face_left, face_top, face_left + face_width, face_bottom))
    if rng.random() < 0.3:
        ghost = rng.uniform(8, 18) * MM
        portrait(rng, picture, (width - ghost - 10, top_of_zone - ghost * 1.4, width - 10, top_of_zone - 4))
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    ink = int(rng.integers(0, 120))
    text_left = face_left + face_width + 10 if side < 0.8 else 10
    text_right = width - 5 if side < 0.8 else face_left - 10
    write(rng, draw, (text_left, 12 * MM, text_right, top_of_zone - rng.uniform(5, 40)), ink)
    write(rng, draw, (5, 2 * MM, width, 7 * MM), ink, (2.5, 5))
    picture = np.array(image)
    middles = zone(rng, picture, left, base, lines, spacing)
    if middles is None:
        return picture, None
    return picture, [(left, middle - 0.75 * PITCH, left + len(lines[0]) * PITCH, middle + 0.75 * PITCH) for middle in middles]


def passport(rng, pool) -> Document:
    """A passport's data page, often with the page above it, sometimes only its zone."""
    lines = [first_line(rng), second_line(rng)] if rng.random() < 0.8 else [random_line(rng), random_line(rng)]
    picture, boxes = data_page(rng, pool, lines)
    if boxes is None:
        return Document(picture, None)
    rows = np.zeros((2, *picture.shape), np.uint8)
    for row, (left, top, right, bottom) in zip(rows, boxes, strict=True):
        cv2.rectangle(row, (int(left), int(top)), (int(right) - 1, int(bottom)), 255, -1)
    style = rng.random()
    if style < 0.45:
        above = paper(rng, pool, picture.shape[0], picture.shape[1])
        if rng.random() < 0.7:
            image = Image.fromarray(above)
            write(rng, ImageDraw.Draw(image), (20, rng.uniform(10, 200), 450, rng.uniform(100, 340)), int(rng.integers(0, 160)))
            above = np.array(image)
        picture = np.vstack([above, picture])
        rows = np.concatenate([np.zeros((2, *above.shape), np.uint8), rows], axis=1)
    elif style < 0.57:
        cut = int(boxes[0][1] - rng.uniform(0.3, 8) * PITCH)
        picture, rows = picture[cut:], rows[:, cut:]
    return Document(picture, rows)


def other_document(rng, pool) -> Document:
    """What has no passport's zone: cards with three lines, letters, listings, papers."""
    style = rng.random()
    if style < 0.3:
        lines = [random_line(rng, 30) for _ in range(3)] if rng.random() < 0.4 else [second_line(rng)[:30] for _ in range(3)]
        return Document(data_page(rng, pool, lines, 54, 86)[0], None)
    height, width = int(rng.uniform(150, 500)), int(rng.uniform(250, 600))
    picture = paper(rng, pool, height, width)
    if style < 0.85:
        font = MONOSPACED[rng.integers(len(MONOSPACED))] if rng.random() < 0.4 else None
        image = Image.fromarray(picture)
        write(rng, ImageDraw.Draw(image), (10, 10, width, height), int(rng.integers(0, 120)), (1, rng.uniform(2, 6)), font)
        picture = np.array(image)
    if rng.random() < 0.5:
        side = rng.uniform(60, 140)
        portrait(rng, picture, (15, 20, 15 + side, 20 + side * 1.3))
    return Document(picture, None)


class Photographer:
    """Photographs documents: keeps a pool of them, since one document gives many photographs."""

    def __init__(self, seed: int, textures: list[np.ndarray], documents: int = 200):
        self.rng = np.random.default_rng(seed)
        self.textures = textures
        self.documents = [self.document() for _ in range(documents)]

    def document(self) -> Document:
        return passport(self.rng, self.textures) if self.rng.random() < 0.8 else other_document(self.rng, self.textures)

    def renew(self, count: int) -> None:
        for _ in range(count):
            self.documents[self.rng.integers(len(self.documents))] = self.document()

    def background(self) -> np.ndarray:
        rng = self.rng
        scene = np.full((SCENE, SCENE), rng.uniform(10, 245), np.float32)
        for _ in range(rng.integers(0, 3)):
            scene += abs(rng.normal(0, 0.5)) * sample(rng, self.textures, SCENE, SCENE, float(np.exp(rng.uniform(-0.7, 2))))
        for _ in range(rng.integers(0, 4)):
            corners = rng.uniform(-50, SCENE + 50, (4, 2))
            cv2.fillConvexPoly(scene, cv2.convexHull(corners.astype(np.int32)), float(rng.uniform(0, 255)))
        return np.clip(scene, 0, 255)

    def angle(self) -> float:
        style = self.rng.random()
        if style < 0.35:
            return self.rng.normal(0, 8)
        if style < 0.65:
            return self.rng.integers(1, 4) * 90 + self.rng.normal(0, 8)
        return self.rng.uniform(0, 360)

    def camera(self, document: Document) -> np.ndarray:
        """The map from the document to the photograph: size, turn, perspective, place."""
        rng = self.rng
        height, width = document.picture.shape
        span = 44 * PITCH if document.rows is not None else max(height, width)
        scale = np.exp(rng.uniform(np.log(0.27), np.log(0.98))) * SCENE / span
        turn = np.deg2rad(self.angle())
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        centred = (corners - [width / 2, height / 2]) * scale
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        lean = rng.normal(0, 0.0006, 2) * (rng.random() < 0.6)
        tilted = centred / (1 + centred @ lean)[:, None]
        placed = tilted @ rotation
        middle = np.array([SCENE / 2, SCENE / 2])
        if document.rows is None:
            placed = placed + middle + rng.normal(0, 60, 2)
        else:
            ys, xs = np.nonzero(document.rows.any(0)[::4, ::4])
            zone = (np.array([xs.mean() * 4, ys.mean() * 4]) - [width / 2, height / 2]) * scale @ rotation
            # The zone stays in the picture. Half of the time, as much of the page does as can.
            free = np.maximum(0, SCENE / 2 - np.abs(rotation.T) @ [22.5 * PITCH * scale, 3 * PITCH * scale])
            wanted = zone if rng.random() < 0.5 else rng.uniform(-1, 1, 2) * free
            placed = placed + middle + np.clip(wanted, -free, free) - zone
        return cv2.getPerspectiveTransform(corners, placed.astype(np.float32))

    def photograph(self) -> tuple[np.ndarray, np.ndarray]:
        """One picture (SCENE x SCENE, uint8) and the share of each output cell that each row covers (2 x 88 x 88, uint8)."""
        rng = self.rng
        document = self.documents[rng.integers(len(self.documents))]
        matrix = self.camera(document)
        y, x = np.mgrid[0:SCENE, 0:SCENE].astype(np.float32) + 0.5
        if rng.random() < 0.25:
            strength, wave = rng.normal(0, 3), rng.uniform(60, 300)
            x, y = x + strength * np.sin(y / wave + rng.uniform(0, 6)), y + strength * np.sin(x / wave + rng.uniform(0, 6))
        inverse = np.linalg.inv(matrix)
        depth = inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2]
        map_x = ((inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]) / depth).astype(np.float32)
        map_y = ((inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]) / depth).astype(np.float32)
        step = max(1.0, float(np.median(np.hypot(np.diff(map_x, axis=1), np.diff(map_y, axis=1)))))
        source = document.picture
        if step > 1.2:
            source = cv2.blur(source, (max(1, round(step)),) * 2)
        page = cv2.remap(source, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        inside = (map_x >= 0) & (map_y >= 0) & (map_x < source.shape[1]) & (map_y < source.shape[0]) & (depth > 0)
        scene = np.where(inside, page, self.background())
        target = np.zeros((2, SCENE // STRIDE, SCENE // STRIDE), np.uint8)
        if document.rows is not None:
            for row in range(2):
                area = cv2.remap(document.rows[row], map_x, map_y, cv2.INTER_LINEAR, borderValue=0)
                target[row] = cv2.resize(area * inside, target.shape[1:], interpolation=cv2.INTER_AREA)
        return self.degrade(scene, step), target

    def degrade(self, scene: np.ndarray, step: float) -> np.ndarray:
        """Light, glare, screens, blur, noise and compression."""
        rng = self.rng
        u = np.linspace(-1, 1, SCENE, dtype=np.float32)
        if rng.random() < 0.5:
            scene = scene * (1 + rng.normal(0, 0.2) * u[None] + rng.normal(0, 0.2) * u[:, None])
        if rng.random() < 0.25:
            for _ in range(rng.integers(1, 4)):
                width, height = rng.uniform(0.02, 0.3, 2)
                spot = np.exp(-(((u - rng.uniform(-1, 1)) / width) ** 2))[None] * np.exp(-(((u - rng.uniform(-1, 1)) / height) ** 2))[:, None]
                scene = scene + spot * rng.uniform(60, 330)
        if rng.random() < 0.08:
            period, angle = rng.uniform(2.2, 9), rng.uniform(0, 3.1)
            scene = scene + rng.uniform(5, 30) * np.sin(2 * np.pi * SCENE / 2 / period * (u[None] * np.cos(angle) + u[:, None] * np.sin(angle)))
        style = rng.random()
        if style < 0.35:
            scene = cv2.GaussianBlur(scene, (0, 0), abs(rng.normal(0, 0.9)) + 0.1)
        elif style < 0.5:
            scene = cv2.filter2D(scene, -1, motion(rng, rng.uniform(2, 7)))
        if rng.random() < 0.2:
            scene = scene * rng.uniform(0.1, 0.5)
        if rng.random() < 0.6:
            scene = scene + rng.standard_normal(scene.shape, dtype=np.float32) * abs(rng.normal(0, 7))
        if rng.random() < 0.03:
            scene = 255 - scene
        picture = np.clip(scene, 0, 255).astype(np.uint8)
        if rng.random() < 0.4:
            quality = int(rng.integers(20, 90))
            picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
        return picture

    def batch(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        self.renew(max(1, count // 8))
        taken = [self.photograph() for _ in range(count)]
        return np.stack([picture for picture, _ in taken]), np.stack([target for _, target in taken])


def motion(rng: np.random.Generator, length: float) -> np.ndarray:
    """The kernel of a blur along a line."""
    size = max(3, int(length) | 1)
    kernel = np.zeros((size, size), np.float32)
    angle, middle = rng.uniform(0, np.pi), size // 2
    dx, dy = middle * np.cos(angle), middle * np.sin(angle)
    cv2.line(kernel, (round(middle - dx), round(middle - dy)), (round(middle + dx), round(middle + dy)), 1.0, 1, cv2.LINE_AA)
    return kernel / kernel.sum()
