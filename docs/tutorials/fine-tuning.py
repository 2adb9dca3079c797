# ---
# title: {zh: 微调 Transformer 写诗, en: Fine-tuning a Transformer to write poems}
# summary: {zh: 从预训练到微调，训练一个会写五言绝句的小语言模型，并学会不被漂亮的损失骗到。, en: "Pre-train and fine-tune a small language model until it writes quatrains, and learn not to be fooled by a pretty loss."}
# minutes: 4
# order: 2
# data: {zh: 《全唐诗》（chinese-poetry，MIT 许可），首次运行时用 npm 下载 85 MB, en: "Complete Tang Poems (chinese-poetry, MIT licence); the first run fetches 85 MB with npm"}
# resources: [paper-gpt2, paper-attention-is-all-you-need, paper-bleu, paper-rouge, paper-sacrebleu, tool-transformers, book-build-llm-from-scratch]
# ---

# %% [markdown] tags=["zh"]
# 学完你能：
#
# - 说清因果语言模型的标签、错位和掩码，并算出一批文本的损失；
# - 预训练一个小 Transformer，再微调它只写五言绝句；
# - 用困惑度、BLEU 和 ROUGE 来评价，也知道它们各自看不见什么；
# - 认出一个损失降到接近 0、却什么都没学到的训练循环。
#
# 需要会一点 PyTorch。概念上可以先读 [GPT-2 论文][paper-gpt2]。

# %% [markdown] tags=["en"]
# Afterwards you can
#
# - explain labels, shift and mask of a causal language model, and compute the loss of a batch;
# - pre-train a small Transformer, then fine-tune it to write nothing but quatrains;
# - judge it by perplexity, BLEU and ROUGE, and know what each of them cannot see;
# - recognise a training loop whose loss falls to almost zero while it learns nothing.
#
# You need a little PyTorch; for the ideas read [the paper of GPT-2][paper-gpt2].

# %%
import json
from copy import deepcopy

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from IPython.display import Markdown, display
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref import figures
from aigc_ref.datasets import poetry
from aigc_ref.datasets.splitting import split
from aigc_ref.finetune.causal_lm import evaluate, language_model_loss, train_epoch
from aigc_ref.lm.generate import generate
from aigc_ref.lm.losses import TokenLoss, causal_loss
from aigc_ref.metrics.bleu import corpus_bleu
from aigc_ref.metrics.perplexity import bits_per_character
from aigc_ref.metrics.rouge import rouge_l
from aigc_ref.text.collate import causal_collator
from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.tokenizers import character_tokenizer
from aigc_ref.train.loop import Recipe, fit

torch.set_num_threads(2)
figures.use_site_style()

# %% tags=["parameters"] smoke={"pretraining_steps": 2, "epochs": 1, "most_quatrains": 80, "size": 32, "claims_hold": false}
pretraining_steps = 700
epochs = 2
most_quatrains = 10_000
size = 160
claims_hold = True  # whether the run is long enough for what the text says of it

# %% [markdown] tags=["zh"]
# ## 数据：一首诗就是一个样本 { #data }
#
# 《全唐诗》五万多首，转成简体。其中四句、每句五个字的是五言绝句，留给微调；其余的用来预训练。先去掉重复的诗，再划分训练集、验证集和测试集，否则同一首诗会出现在两边，成绩就虚高了。

# %% [markdown] tags=["en"]
# ## Data: one poem, one example { #data }
#
# More than fifty thousand Tang poems, in simplified characters. Those of four lines with five characters each, 五言绝句, are kept for fine-tuning, the others are for pre-training. Duplicates are removed before the data are divided into training, validation and test set, or a poem on both sides would flatter the result.

# %%
poems = poetry.tang_poems()
quatrains = poetry.quatrains(poems)
others = sorted(set(poems) - set(quatrains))
others = [poem for poem in others if 20 <= len(poem) <= 128]
training, validation, test = split(quatrains[:most_quatrains], [0.8, 0.1])
print(
    f"{len(poems):,} poems; {len(others):,} to pre-train on; {len(training)} + {len(validation)} + {len(test)} quatrains"
)
print(training[0])

# %% [markdown] tags=["zh"]
# ## 分词器：一个字一个词元 { #tokenizer }
#
# 文言文里一个字差不多就是一个词，所以按字切分。出现不到 5 次的字归入 `<unk>`，词表于是只有 {{ vocabulary:,}} 个。每首诗前面加 `<bos>`，后面加 `<eos>`：前者让模型知道从哪里开始，后者教它在哪里停。

# %% [markdown] tags=["en"]
# ## Tokenizer: one character, one token { #tokenizer }
#
# In classical Chinese a character is nearly a word, so that is how texts are cut. What occurs fewer than 5 times becomes `<unk>`, which leaves a vocabulary of {{ vocabulary:,}}. Each poem has `<bos>` before it, where a model starts, and `<eos>` behind it, which teaches the model to stop.

# %%
tokenizer = character_tokenizer(others + training, least_count=5)
ids = tokenizer("白日依山尽，黄河入海流。")["input_ids"]
print(len(tokenizer), ids)
print(tokenizer.decode(ids))

# %% [markdown] tags=["zh"]
# ## 损失：标签、错位、掩码 { #loss }
#
# 因果语言模型（causal language model）在每个位置上，根据已经看到的词元预测下一个。长度为 $T$ 的文本 $x_1, \dots, x_T$ 的损失是
#
# $$L = -\frac{1}{N} \sum_{t=1}^{T-1} \log p_\theta(x_{t+1} \mid x_{\le t})$$
#
# 三件事决定它算得对不对：
#
# - **标签**（labels）就是输入本身，不用另外准备；
# - **错位**：位置 $t$ 的 logits 对应标签 $t+1$。忘了错开，模型只要照抄输入就能得满分；
# - **掩码**：一批文本长短不一，短的要填充（padding）。填充的位置标签写 $-100$，不计入损失，$N$ 只数真正的词元。
#
# 标签要按注意力掩码来盖，而不是按填充词元的编号：许多模型拿结束词元来填充，按编号盖会把真正的结尾也盖掉，模型就学不会停。看一批两首长短不同的文本：

# %% [markdown] tags=["en"]
# ## The loss: labels, shift, mask { #loss }
#
# At each position a causal language model predicts the next token from those it has seen. A text $x_1, \dots, x_T$ costs
#
# $$L = -\frac{1}{N} \sum_{t=1}^{T-1} \log p_\theta(x_{t+1} \mid x_{\le t})$$
#
# Three things make it right or wrong.
#
# - The **labels** are the input itself; nothing else is needed.
# - **Shift**: the logits at position $t$ belong to label $t+1$. Forget it, and copying the input earns full marks.
# - **Mask**: texts of a batch differ in length, and short ones are padded. Padded positions get the label $-100$ and do not count; $N$ is the number of real tokens.
#
# Cover labels by the attention mask, not by the padding token's id. Many models pad with their end token, and covering by id would hide the real ends, so that the model never learns to stop. A batch of two texts:

# %%
collate = causal_collator(tokenizer.pad_token_id)
batch = collate(TextDataset(["春眠不觉晓", "月"], tokenizer))
for name, tensor in batch.items():
    print(f"{name:15}", tensor.tolist())

# %% [markdown] tags=["zh"]
# ## 预训练：先学会写诗 { #pretraining }
#
# 模型是 GPT-2 的结构，只是小得多：3 层，每层宽 {{ size }}，共 {{ parameters:.1f}} 百万个参数。用 [`fit`][aigc_ref.train.loop.fit] 走 {{ pretraining_steps }} 步。

# %% [markdown] tags=["en"]
# ## Pre-training: first learn to write { #pretraining }
#
# The model has the architecture of GPT-2 and is much smaller, 3 layers of width {{ size }}, {{ parameters:.1f}} million weights. [`fit`][aigc_ref.train.loop.fit] takes {{ pretraining_steps }} steps.


# %%
def new_model():
    torch.manual_seed(0)
    shape = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=160,
        n_layer=3,
        n_head=4,
        n_embd=size,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return GPT2LMHeadModel(shape)


pretrained = new_model()
recipe = Recipe(epochs=1, batch_size=16, learning_rate=2e-3, max_steps=pretraining_steps)
pretraining = list(
    fit(pretrained, TextDataset(others, tokenizer, max_length=50), collate, language_model_loss, recipe, progress=False)
)

# %% [markdown] tags=["zh"]
# ## 微调：只写五言绝句 { #fine-tuning }
#
# 同样的损失，换成绝句，走 {{ epochs }} 轮（epoch）。每轮之后在验证集上量一次困惑度（perplexity）：模型平均要在多少个等可能的字里选。旁边放一个对照：同样的结构、同样的绝句，从随机权重开始。

# %% [markdown] tags=["en"]
# ## Fine-tuning: quatrains alone { #fine-tuning }
#
# The same loss on the quatrains, for {{ epochs }} epochs. After each the perplexity on the validation set is measured, among how many equally likely characters the model chooses on average. Beside it a control, the same architecture and quatrains from random weights.


# %%
def fine_tune(model):
    """Trains on the quatrains, and returns the perplexity on the validation set before and after each epoch."""
    seen = TextDataset(training, tokenizer)
    unseen = TextDataset(validation, tokenizer)
    perplexities = [evaluate(model, unseen, tokenizer).perplexity]
    for epoch in range(epochs):
        train_epoch(model, seen, tokenizer, learning_rate=5e-4, batch_size=32, seed=epoch, progress=False)
        perplexities.append(evaluate(model, unseen, tokenizer).perplexity)
    return perplexities


fine_tuned, from_scratch = deepcopy(pretrained), new_model()
validation_perplexity = {"pre-trained": fine_tune(fine_tuned), "from scratch": fine_tune(from_scratch)}

# %% tags=["fold"] caption={"zh": "左：预训练的损失。右：微调时验证集上的困惑度，纵轴为对数。预训练过的模型一开始就已经低得多。", "en": "Left, the loss of pre-training. Right, perplexity on the validation set while fine-tuning, on a logarithmic axis; the pre-trained model starts far lower."}
figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 2.7))
left.plot([record.step for record in pretraining], [record.loss for record in pretraining], color=figures.INDIGO)
left.set(xlabel="step", ylabel="nats per token")
for name, values in validation_perplexity.items():
    right.plot(values, marker="o", markersize=3, label=name)
right.set(xlabel="epoch", ylabel="perplexity", yscale="log", xticks=range(epochs + 1))
right.legend()
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 测试集到最后才用，而且只用一次：

# %% [markdown] tags=["en"]
# The test set is touched at the end, and once:

# %%
held_out = TextDataset(test, tokenizer)
results = {
    "pre-trained only": evaluate(pretrained, held_out, tokenizer),
    "from scratch": evaluate(from_scratch, held_out, tokenizer),
    "pre-trained + fine-tuned": evaluate(fine_tuned, held_out, tokenizer),
}
characters = "".join(test)
rows = [
    f"| {name} | {result.perplexity:.0f} | {bits_per_character(result.nats_per_token * result.tokens, characters):.2f} |"
    for name, result in results.items()
]
display(Markdown("\n".join(["| model | perplexity | bits per character |", "|---|---|---|", *rows])))

# %% [markdown] tags=["zh"]
# 微调让困惑度从 {{ perplexity_pretrained:.0f}} 降到 {{ perplexity_fine_tuned:.0f}}；从头训练同样的轮数，还停在 {{ perplexity_scratch:.0f}}。预训练学到的词句，绝句用得上。
#
# ## 让它写 { #generation }
#
# 只给 `<bos>`，让模型一个字一个字地往下写。采样时把温度（temperature）设为 `0.9`，并只在最可能的 50 个字里选。

# %% [markdown] tags=["en"]
# Fine-tuning takes the perplexity from {{ perplexity_pretrained:.0f}} to {{ perplexity_fine_tuned:.0f}}, while training from scratch for as many epochs leaves it at {{ perplexity_scratch:.0f}}. What pre-training learnt of words and phrases serves the quatrains.
#
# ## Let it write { #generation }
#
# Given nothing but `<bos>`, the model writes character by character. The temperature is `0.9`, and it chooses among the 50 most probable ones.


# %%
def write(model, prompts, temperature=0.9, top_k=50, seed=0):
    """Continues each prompt; all must have the same length."""
    input_ids = torch.tensor([tokenizer(prompt)["input_ids"][:-1] for prompt in prompts])  # without <eos>
    new = generate(
        model,
        input_ids,
        max_new_tokens=40,
        eos_token_id=tokenizer.eos_token_id,
        temperature=temperature,
        top_k=top_k,
        seed=seed,
    )
    return tokenizer.batch_decode(new)


written = write(fine_tuned, [""] * 200)
in_form = sum(bool(poetry.FIVE.fullmatch(poem)) for poem in written) / len(written)
before = write(pretrained, [""] * 200)
in_form_before = sum(bool(poetry.FIVE.fullmatch(poem)) for poem in before) / len(before)
print("\n".join(written[:5]))
print(f"four lines of five: {in_form:.0%} of 200, before fine-tuning {in_form_before:.0%}")

# %% [markdown] tags=["zh"]
# 格式学得很快：{{ in_form:.0%}} 的作品是规规矩矩的五言绝句，微调之前是 {{ in_form_before:.0%}}。意思连不连贯，读一读就知道，这么小的模型还差得远。
#
# ## 有参考时：BLEU 和 ROUGE { #metrics }
#
# 给出测试集里每首诗的前两句，让模型续写后两句，再同原诗比。BLEU 数有多少 n 元组与原诗相同，ROUGE-L 看最长的公共子序列。光有分数看不出高低，所以配一个基线：把真正的后两句在诗与诗之间打乱。

# %% [markdown] tags=["en"]
# The form is learnt fast, {{ in_form:.0%}} are proper quatrains, against {{ in_form_before:.0%}} before fine-tuning. Whether they make sense you see by reading; a model this small is far from it.
#
# ## Where there is a reference: BLEU and ROUGE { #metrics }
#
# Give the model the first half of each poem of the test set and compare its second half with the poet's. BLEU counts shared n-grams, ROUGE-L takes the longest common subsequence. A score alone tells nothing, so there is a baseline, the real second halves exchanged between poems.

# %%
firsts, seconds = [poem[:12] for poem in test], [poem[12:] for poem in test]
continued = write(fine_tuned, firsts)
exchanged = seconds[1:] + seconds[:1]
scores = {
    name: (
        100 * corpus_bleu(texts, [[second] for second in seconds], smoothing="exp").score,
        100 * sum(rouge_l(text, second).f1 for text, second in zip(texts, seconds, strict=True)) / len(texts),
    )
    for name, texts in {"model": continued, "exchanged": exchanged, "the poets themselves": seconds}.items()
}
rows = [f"| {name} | {bleu:.1f} | {rouge:.1f} |" for name, (bleu, rouge) in scores.items()]
display(Markdown("\n".join(["| second half by | BLEU | ROUGE-L |", "|---|---|---|", *rows])))

# %% [markdown] tags=["zh"]
# 模型得 BLEU {{ bleu:.1f}}、ROUGE-L {{ rouge:.1f}}，可随便换成别的诗的后两句，也有 {{ bleu_exchanged:.1f}} 和 {{ rouge_exchanged:.1f}}。要得 BLEU 分，得有连续四个字符与原诗相同，这几乎不会发生；ROUGE-L 的那几分，碰巧撞上常用字也能拿到。也就是说，这些分数在这里几乎量不出写得好不好：一首诗可以有无数种好的续法，参考却只有一种。BLEU 和 ROUGE 适合翻译和摘要，那里正确的说法彼此相近。

# %% [markdown] tags=["en"]
# The model gets BLEU {{ bleu:.1f}} and ROUGE-L {{ rouge:.1f}}; yet the second halves of other poems get {{ bleu_exchanged:.1f}} and {{ rouge_exchanged:.1f}}. BLEU asks for four characters in a row that are the poet's own, which hardly ever happens, and common characters met by chance earn the little that ROUGE-L gives. Here the scores hardly tell good from bad. A poem can be continued in countless good ways, and the reference is but one of them. BLEU and ROUGE suit translation and summaries, where right answers resemble each other.

# %% [markdown] tags=["zh"]
# ## 一个骗人的训练循环 { #wrong }
#
# 本站所依据的文章在 5.2 节给出了自己的训练循环（见[勘误](../errata.md#e15)）：把每条文本填充到固定长度，`labels` 直接等于 `input_ids`，既不错位，也不盖住填充。原代码跑不起来，下面把跑不起来的地方补上，其余照旧，从同一个预训练模型开始，用同样的绝句训练三轮。

# %% [markdown] tags=["en"]
# ## A training loop that deceives { #wrong }
#
# The article that this site grew out of has a loop of its own in section 5.2 (see the [errata](../errata.md#e15)). It pads every text to a fixed length and takes `input_ids` for `labels`, neither shifted nor masked. Its code does not run; below is what it takes to run it, and nothing else is changed. It starts from the same pre-trained model and trains three epochs on the same quatrains.

# %%
MAX_LENGTH = 32


def article_collate(examples):
    input_ids = torch.full((len(examples), MAX_LENGTH), tokenizer.pad_token_id)
    for row, ids in enumerate(examples):
        input_ids[row, : len(ids)] = torch.tensor(ids)
    return {"input_ids": input_ids}


def article_loss(model, batch):
    logits = model(input_ids=batch["input_ids"]).logits
    labels = batch["input_ids"]
    total = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
    return TokenLoss(total, torch.tensor(labels.numel()))


deceived = deepcopy(pretrained)
recipe = Recipe(epochs=3, batch_size=16, learning_rate=2e-3)
seen = TextDataset(training, tokenizer)
article_records = list(fit(deceived, seen, article_collate, article_loss, recipe, progress=False))
honest = deepcopy(pretrained)
honest_records = list(fit(honest, seen, collate, language_model_loss, recipe, progress=False))

# %% tags=["fold"] caption={"zh": "两个循环各自报告的损失。文章的循环很快就「学会」了，其实只是学会照抄。", "en": "The loss that each loop reports. The article's seems to master the task within steps; what it has mastered is copying."}
figure, axis = plt.subplots(figsize=(6, 2.7))
for name, records in {"shifted and masked": honest_records, "article": article_records}.items():
    axis.plot([record.step for record in records], [record.loss for record in records], label=name)
axis.set(xlabel="step", ylabel="reported loss, nats")
axis.legend()
figure.tight_layout()
plt.show()

# %%
rows = [
    f"| {name} | {records[-1].loss:.4f} | {evaluate(model, held_out, tokenizer).nats_per_token:.2f} "
    f"| {evaluate(model, held_out, tokenizer).perplexity:,.0f} |"
    for name, model, records in [
        ("shifted and masked", honest, honest_records),
        ("article", deceived, article_records),
    ]
]
head = "| loop | last reported loss | nats per token (test) | perplexity (test) |"
display(Markdown("\n".join([head, "|---|---|---|---|", *rows])))
print("the article's model writes:", write(deceived, ["白日依山尽，"], temperature=0)[0][:20])

# %% [markdown] tags=["zh"]
# 文章的循环报告损失 {{ article_reported:.4f}}，看上去近乎完美；老老实实地量，它的困惑度是 {{ article_perplexity:,.0f}}，比微调之前的 {{ perplexity_pretrained:.0f}} 还差得多。让它续写，它只会重复刚看到的字。原因就在没有错位：位置 $t$ 的答案就是它刚读进去的 $x_t$，照抄即可；填充的位置也照算，更是白送的分。
#
# 所以：损失低得反常，先去看标签。
#
# ## 试一试 { #try }
#
# **1.** 温度改成 `0.3` 和 `1.5`，格式和用字会怎样变？

# %% [markdown] tags=["en"]
# The article's loop reports a loss of {{ article_reported:.4f}} and looks nearly perfect. Measured honestly its perplexity is {{ article_perplexity:,.0f}}, far worse than the {{ perplexity_pretrained:.0f}} before it was trained; asked to go on, it repeats what it has just read. Without the shift, the answer at position $t$ is the very $x_t$ that went in, to be copied; and padding, which counts like text, is given away free.
#
# So when a loss is too good, look at the labels.
#
# ## Try this { #try }
#
# **1.** Set the temperature to `0.3` and to `1.5`: what becomes of form and vocabulary?

# %% tags=["answer"]
for temperature in (0.3, 0.9, 1.5):
    texts = write(fine_tuned, [""] * 100, temperature=temperature, top_k=None)
    share = sum(bool(poetry.FIVE.fullmatch(text)) for text in texts) / len(texts)
    print(f"temperature {temperature}: {share:.0%} in form, {len(set(''.join(texts))):4} different characters")
    print("   ", texts[0])

# %% [markdown] tags=["zh"]
# **2.** 有人把每批的困惑度取平均，当作语料的困惑度。差多少？

# %% [markdown] tags=["en"]
# **2.** Some average the perplexities of batches and call it the corpus' perplexity. How far off is that?

# %% tags=["answer"]
with torch.no_grad():
    batches = [
        collate([held_out[index] for index in range(start, min(start + 4, len(test)))])
        for start in range(0, len(test), 4)
    ]
    each = [
        causal_loss(fine_tuned(b["input_ids"], attention_mask=b["attention_mask"]).logits, b["labels"]) for b in batches
    ]
mean_of_perplexities = torch.stack([loss.mean.exp() for loss in each]).mean().item()
print(
    f"mean over batches {mean_of_perplexities:.1f}, over the corpus {results['pre-trained + fine-tuned'].perplexity:.1f}"
)
print("the exponential of a mean is smaller than the mean of exponentials, so the average is always too high")

# %% [markdown] tags=["zh"]
# **3.** 换一句开头，比如「独坐空山里，」，让微调前后的模型各写一首。

# %% [markdown] tags=["en"]
# **3.** Take another beginning, such as 「独坐空山里，」 (“alone I sit in empty mountains”), before and after fine-tuning.

# %% tags=["answer"]
for name, model in {"pre-trained": pretrained, "fine-tuned": fine_tuned}.items():
    print(f"{name:12}", "独坐空山里，" + write(model, ["独坐空山里，"], seed=3)[0])

# %% [markdown] tags=["zh"]
# ## 局限，以及真正要用的时候 { #production }
#
# 几分钟的训练只够学会格式和常用搭配；平仄、押韵和意境都没有量。真要微调大模型，用 [transformers][tool-transformers] 的 `Trainer` 或 TRL，数据的准备和这里一样要小心。
#
# 对照：在同一批上，本页的损失与 transformers 自己算的最多相差 {{ parity:.0e}}；BLEU 与 [sacreBLEU][paper-sacrebleu]、ROUGE 与 rouge-score 的对照在测试里。

# %% [markdown] tags=["en"]
# ## Limits, and in production { #production }
#
# Minutes of training suffice for the form and for common phrases; tones, rhyme and sense were not measured. To fine-tune a large model take the `Trainer` of [transformers][tool-transformers], or TRL, and prepare the data as carefully as here.
#
# Parity: on the same batch the loss of this page and that of transformers differ by at most {{ parity:.0e}}; BLEU is compared with [sacreBLEU][paper-sacrebleu], and ROUGE with rouge-score, in the tests.

# %%
batch = collate([held_out[index] for index in range(8)])
with torch.no_grad():
    output = fine_tuned.eval()(**batch)
parity = abs(causal_loss(output.logits, batch["labels"]).mean - output.loss).item()
parity

# %% tags=["numbers"]
numbers = {
    "vocabulary": len(tokenizer),
    "size": size,
    "parameters": sum(p.numel() for p in pretrained.parameters()) / 1e6,
    "pretraining_steps": pretraining_steps,
    "epochs": epochs,
    "perplexity_pretrained": results["pre-trained only"].perplexity,
    "perplexity_scratch": results["from scratch"].perplexity,
    "perplexity_fine_tuned": results["pre-trained + fine-tuned"].perplexity,
    "in_form": in_form,
    "in_form_before": in_form_before,
    "bleu": scores["model"][0],
    "rouge": scores["model"][1],
    "bleu_exchanged": scores["exchanged"][0],
    "rouge_exchanged": scores["exchanged"][1],
    "article_reported": article_records[-1].loss,
    "article_perplexity": evaluate(deceived, held_out, tokenizer).perplexity,
    "parity": parity,
}
print(json.dumps(numbers))

# %% tags=["numbers"]
# What the text claims, as bands: prose that has become untrue stops the run.
if claims_hold:
    assert numbers["perplexity_fine_tuned"] < 0.8 * numbers["perplexity_pretrained"], numbers
    assert numbers["perplexity_fine_tuned"] < 0.8 * numbers["perplexity_scratch"], numbers
    assert numbers["in_form"] > 0.8 > 0.3 > numbers["in_form_before"], numbers
    assert abs(numbers["bleu"] - numbers["bleu_exchanged"]) < 5, numbers
    assert numbers["article_reported"] < 0.2, numbers
    assert numbers["article_perplexity"] > 2 * numbers["perplexity_pretrained"], numbers
assert parity < 1e-5
print("{}")
