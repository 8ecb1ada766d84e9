"""Scores and gradients of both networks from PyTorch 2.13.0 (CPU), for tests/golden/networks.json.

pip install torch==2.13.0 numpy; python tests/oracle/networks.py > tests/golden/networks.json

Weights are a pure function of their name and place, so the file holds none. Tensors are named and laid out as
in the project's own weight files: linear weights [inputs, outputs], the two LSTM biases as one."""
import json
import torch
import torch.nn as nn

MASK = 2**64 - 1


def values(name, shape, bound):
    """Uniform in +-bound: FNV-1a of the name, then splitmix64 of the place."""
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = ((key ^ byte) * 0x100000001B3) & MASK
    n = 1
    for length in shape:
        n *= length
    out = []
    for at in range(n):
        x = (key + (at + 1) * 0x9E3779B97F4A7C15) & MASK
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
        x ^= x >> 31
        out.append(((x >> 40) - 2**23) / 2**23 * bound)
    return torch.tensor(out, dtype=torch.float64).float().reshape(shape)


F, T, K, BATCH = 5, 9, 3, 4
HIDDEN, LAYERS, HEADS, FEED_FORWARD = 16, 2, 4, 24


def linear(name, module):
    yield f"{name}.weight", module.weight, True
    yield f"{name}.bias", module.bias, False


def attention(name, module):
    yield f"{name}.input.weight", module.in_proj_weight, True
    yield f"{name}.input.bias", module.in_proj_bias, False
    yield from linear(f"{name}.output", module.out_proj)


class LstmAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(F, HIDDEN, LAYERS, batch_first=True)
        self.att = nn.MultiheadAttention(HIDDEN, HEADS, batch_first=True)
        self.head = nn.Linear(HIDDEN, K)

    def forward(self, x):
        h, _ = self.lstm(x)
        z, _ = self.att(h, h, h, need_weights=False)
        return self.head((h + z).mean(1))

    def places(self):
        for layer in range(LAYERS):
            yield f"lstm.{layer}.weight_ih", getattr(self.lstm, f"weight_ih_l{layer}"), True
            yield f"lstm.{layer}.weight_hh", getattr(self.lstm, f"weight_hh_l{layer}"), True
            yield f"lstm.{layer}.bias", getattr(self.lstm, f"bias_ih_l{layer}"), False
        yield from attention("attention", self.att)
        yield from linear("head", self.head)


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(F, HIDDEN)
        self.pos = nn.Parameter(torch.zeros(1, T, HIDDEN))
        layer = nn.TransformerEncoderLayer(HIDDEN, HEADS, FEED_FORWARD, 0.0, "gelu", batch_first=True)
        self.enc = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.head = nn.Linear(HIDDEN, K)

    def forward(self, x):
        return self.head(self.enc(self.inp(x) + self.pos).mean(1))

    def places(self):
        yield from linear("input", self.inp)
        yield "positions", self.pos, False
        for index, layer in enumerate(self.enc.layers):
            at = f"encoder.{index}"
            yield from attention(f"{at}.attention", layer.self_attn)
            for name, norm in (("attention_norm", layer.norm1), ("feed_forward_norm", layer.norm2)):
                yield f"{at}.{name}.gain", norm.weight, False
                yield f"{at}.{name}.shift", norm.bias, False
            yield from linear(f"{at}.widen", layer.linear1)
            yield from linear(f"{at}.narrow", layer.linear2)
        yield from linear("head", self.head)


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().double().flatten().tolist()]


torch.set_num_threads(1)
result = {
    "n_features": F, "length": T, "n_classes": K, "batch": BATCH, "hidden_size": HIDDEN, "layers": LAYERS,
    "heads": HEADS, "feed_forward_size": FEED_FORWARD,
}
windows = values("windows", (BATCH, T, F), 2.0)
classes = torch.arange(BATCH) % K
for name, make in (("lstm_attention", LstmAttention), ("transformer", Transformer)):
    model = make()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        for place, parameter, turned in model.places():
            shape = tuple(reversed(parameter.shape)) if turned else tuple(parameter.shape)
            value = values(place, shape, 0.4)
            if place.endswith(".gain"):
                value = value + 1.0
            parameter.copy_(value.T if turned else value)
    logits = model(windows)
    nn.CrossEntropyLoss()(logits, classes).backward()
    gradients = {p: numbers(w.grad.T.contiguous() if turned else w.grad) for p, w, turned in model.places()}
    result[name] = {"logits": numbers(logits), "gradients": gradients}
print(json.dumps(result))
