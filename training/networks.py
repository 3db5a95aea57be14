"""The two networks. Both are dense convolutional networks without attention or recurrence: small, and quick on one core."""

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """Convolution, batch normalisation, ReLU; with `residual`, added to its input."""

    def __init__(self, inputs, outputs, kernel=3, stride=1, dilation=(1, 1), padding=None, residual=False):
        super().__init__()
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        if padding is None:
            padding = tuple(size // 2 * step for size, step in zip(kernel, dilation, strict=True))
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False)
        self.normalisation = nn.BatchNorm2d(outputs)
        self.residual = residual

    def forward(self, x):
        y = functional.relu(self.normalisation(self.convolution(x)))
        return x + y if self.residual else y

    def fold(self) -> None:
        """Puts the normalisation into the convolution, for the export."""
        scale = self.normalisation.weight / torch.sqrt(self.normalisation.running_var + self.normalisation.eps)
        bias = self.normalisation.bias - self.normalisation.running_mean * scale
        self.convolution.bias = nn.Parameter(bias.detach())
        self.convolution.weight.data *= scale[:, None, None, None].detach()
        self.normalisation = nn.Identity()


class LineReader(nn.Module):
    """A row of the zone, 1 x 32 x 768 at 16 pixels a character, to 192 steps of 38: blank, `<`, 0 to 9, A to Z.

    It sees 6 characters at a time, so it cannot learn names.
    """

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            Block(1, 16, stride=2),
            Block(16, 48, stride=2),
            Block(48, 48, residual=True),
            Block(48, 96, stride=(2, 1)),
            Block(96, 96, residual=True),
            Block(96, 128, stride=(2, 1)),
            Block(128, 160, kernel=(2, 1), padding=(0, 0)),
            Block(160, 160, kernel=(1, 5), residual=True),
            Block(160, 160, kernel=(1, 5), dilation=(1, 2), residual=True),
            nn.Dropout(0.05),
        )
        self.head = nn.Conv2d(160, 38, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(2).transpose(1, 2)


class ZoneFinder(nn.Module):
    """A grey picture, 1 x H x W, to the share of each 4 x 4 cell that the zone's first and second row cover: 2 x H/4 x W/4.

    H and W are multiples of 32. Which row is which says which way is up.
    """

    def __init__(self):
        super().__init__()
        self.quarter = nn.Sequential(Block(1, 12, stride=2), Block(12, 24, stride=2), Block(24, 24, residual=True))
        self.eighth = nn.Sequential(Block(24, 40, stride=2), Block(40, 40, residual=True))
        self.sixteenth = nn.Sequential(
            Block(40, 64, stride=2), Block(64, 64, residual=True), Block(64, 64, residual=True)
        )
        self.deepest = nn.Sequential(
            Block(64, 96, stride=2),
            Block(96, 96, residual=True),
            Block(96, 96, dilation=(2, 2), residual=True),
            Block(96, 96, residual=True),
        )
        self.up16, self.join16 = nn.Conv2d(96, 64, 1), Block(64, 64, residual=True)
        self.up8, self.join8 = nn.Conv2d(64, 40, 1), Block(40, 40, residual=True)
        self.up4, self.join4 = nn.Conv2d(40, 24, 1), Block(24, 24, residual=True)
        self.head = nn.Conv2d(24, 2, 1)

    def forward(self, x):
        quarter = self.quarter(x)
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        y = self.deepest(sixteenth)
        y = self.join16(sixteenth + enlarge(self.up16(y)))
        y = self.join8(eighth + enlarge(self.up8(y)))
        y = self.join4(quarter + enlarge(self.up4(y)))
        return self.head(y)


def enlarge(x):
    return functional.interpolate(x, scale_factor=2, mode="nearest")


def normalise(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures of bytes, B x H x W, with mean 0 and deviation 1, as both networks expect them."""
    x = pictures.float()[:, None]
    mean, deviation = x.mean((2, 3), keepdim=True), x.std((2, 3), keepdim=True)
    return ((x - mean) / (deviation + 4)).contiguous(memory_format=torch.channels_last)
