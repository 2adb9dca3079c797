# ---
# title: {zh: 评测：分数从哪里来，又怎样骗人, en: "Evaluation: where scores come from, and where they deceive"}
# summary: {zh: 用真实的生成结果把常用指标各算一遍，看清每个指标数了什么、怎样会骗人、旁边该报什么。, en: "Compute the usual measures on real output; see what each one counts, how it deceives, and what to report beside it."}
# minutes: 4
# order: 8
# prerequisites: [gan, gpt]
# needs: [gpt-tang, gan-fashion]
# data: {zh: 《全唐诗》（npm 包 chinese-poetry，MIT 许可）；Fashion-MNIST：首次运行时下载 31 MB，或者 `apt install dataset-fashion-mnist`；两个教程留下的检查点, en: "Complete Tang Poems (npm package chinese-poetry, MIT licence); Fashion-MNIST: 31 MB, fetched by the first run, or `apt install dataset-fashion-mnist`; the checkpoints of two tutorials"}
# resources: [paper-bleu, paper-sacrebleu, paper-chrf, paper-rouge, paper-bertscore, paper-mauve, paper-distinct-n, paper-texygen, paper-fid, paper-kid, paper-precision-recall, paper-density-coverage, tool-sacrebleu, tool-torchmetrics]
# ---

# %% [markdown] tags=["zh"]
# 学完你能：
#
# - 对每个常用指标说出它数的是什么，并自己算一遍；
# - 看见一个分数，知道要先看哪条基线、哪个区间；
# - 认出六种常见的误用：换了分词器的困惑度、没写分词方式的 BLEU、中文上的 ROUGE、看不懂否定的 BERTScore、样本数不同的 Fréchet 距离、算上 O 的 F1；
# - 为自己的任务选指标，并写清旁边该报什么。
#
# 被评的是前面教程留下的两个模型：会写唐诗的 [GPT](gpt.md) 和会画衣服的 [GAN](gan.md)。

# %% [markdown] tags=["en"]
# Afterwards you can
#
# - say of each usual measure what it counts, and compute it yourself;
# - look for the right baseline and interval before you believe a score;
# - recognise six common misuses: perplexity across tokenizers, BLEU without its tokenization, ROUGE on Chinese, BERTScore and negation, Fréchet distances of unequal sample sizes, an F1 that counts O;
# - choose measures for a task of your own, and know what to report beside them.
#
# What is evaluated are two models of earlier tutorials, the [GPT](gpt.md) that writes Tang poems and the [GAN](gan.md) that draws clothes.

# %%
import json
import random
from statistics import mean

import matplotlib.pyplot as plt
import sacrebleu
import torch
from IPython.display import Markdown, display
from rouge_score.rouge_scorer import RougeScorer
from safetensors.torch import load_file
from transformers import AutoTokenizer, GPT2LMHeadModel

from aigc_ref import figures
from aigc_ref.datasets import fashion_mnist, poetry
from aigc_ref.datasets.splitting import split
from aigc_ref.finetune.causal_lm import evaluate
from aigc_ref.gan.networks import Generator
from aigc_ref.lm.generate import generate
from aigc_ref.metrics.bertscore import bertscore
from aigc_ref.metrics.bleu import corpus_bleu, sentence_bleu
from aigc_ref.metrics.chrf import corpus_chrf
from aigc_ref.metrics.diversity import distinct, self_bleu
from aigc_ref.metrics.frechet import frechet_distance
from aigc_ref.metrics.kernel_distance import kernel_distance
from aigc_ref.metrics.mauve import histograms, mauve
from aigc_ref.metrics.perplexity import bits_per_byte, bits_per_character, perplexity
from aigc_ref.metrics.prdc import precision_recall_density_coverage
from aigc_ref.metrics.rouge import corpus_rouge, rouge_l
from aigc_ref.pretrained import efficientnet
from aigc_ref.pretrained.encoders import load_encoder
from aigc_ref.pretrained.tutorial_checkpoints import checkpoint
from aigc_ref.text.collate import padded_inputs
from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.segmentation import tokenize

torch.set_num_threads(1)
figures.use_site_style()

# %% tags=["parameters"] smoke={"poems": 12, "resamples": 20, "pictures": 60, "sizes": [30, 60], "groups": [2, 4], "claims_hold": false}
poems = 400
resamples = 500
pictures = 4000
sizes = [250, 500, 1000, 2000, 4000]
groups = [10, 20, 40, 80]
claims_hold = True  # whether the run is long enough for what the text says of it

# %% [markdown] tags=["zh"]
# ## 考题和考生 { #outputs }
#
# 考题：五言绝句的前两句，续写后两句。绝句没有进过这个 GPT 的训练集。考生有五位：贪心解码的模型、采样的模型（温度 `1`、前 `50`）、「张冠李戴」（把别的诗的后两句拿来）、「复读」（把前两句再抄一遍），还有诗人自己。后三位不用模型，却最能说明分数的意思：一个指标如果分不清张冠李戴和模型，它在这里就没有量到好坏。

# %% [markdown] tags=["en"]
# ## The task and who takes it { #outputs }
#
# The task is to continue a quatrain, whose first two lines are given, by two more. No quatrain was in this GPT's training data. Five take part: the model decoded greedily; the model sampled (temperature `1`, top `50`); *exchanged*, the real second half of another poem; *repeated*, the first half copied; and the poet. The last three need no model and say most about a score. A measure that cannot tell *exchanged* from the model measures no quality here.

# %%
folder = checkpoint("gpt-tang")
model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(folder)
quatrains = poetry.quatrains(poetry.tang_poems())
asked, others, _ = split(sorted(set(quatrains)), [poems / len(set(quatrains)), poems / len(set(quatrains))], seed=8)
firsts, seconds = [poem[:12] for poem in asked], [poem[12:] for poem in asked]


def continued(temperature, top_k=None, seed=0):
    """The model's second half of each poem: twelve characters, as the poet's."""
    prompts = torch.tensor([tokenizer(first)["input_ids"][:-1] for first in firsts])
    new = generate(
        model, prompts, max_new_tokens=12, eos_token_id=None, temperature=temperature, top_k=top_k, seed=seed
    )
    return ["".join(tokenizer.convert_ids_to_tokens(ids)).replace("<eos>", "") for ids in new]


systems = {
    "greedy": continued(0),
    "sampled": continued(1.0, top_k=50),
    "exchanged": [other[12:] for other in others],
    "repeated": firsts,
    "the poet": seconds,
}
for name, texts in systems.items():
    print(f"{name:10}", firsts[0], "|", texts[0])

# %% [markdown] tags=["zh"]
# ## 困惑度：先问分母 { #perplexity }
#
# 困惑度是平均每个词元的负对数似然取指数：$\exp\left(-\frac{1}{N}\sum_t \log p(x_t \mid x_{\lt t})\right)$，$N$ 是词元数。同一份总和，除以词元数、字数或字节数，得到三个不同的数；分词器不同的模型，只有后两个能比。

# %% [markdown] tags=["en"]
# ## Perplexity: ask for the denominator { #perplexity }
#
# Perplexity is the exponential of the mean negative log-likelihood of a token, $\exp\left(-\frac{1}{N}\sum_t \log p(x_t \mid x_{\lt t})\right)$ for $N$ tokens. The same sum may be divided by tokens, characters or bytes; across tokenizers only the last two compare.


# %%
def measured(texts):
    found = evaluate(model, TextDataset(texts, tokenizer), tokenizer)
    return found.nats_per_token * found.tokens, found.tokens


nats, tokens = measured(asked)
text = "".join(asked)
batches = [measured(asked[start : start + 4]) for start in range(0, len(asked), 4)]
mean_of_batches = mean(perplexity(*batch) for batch in batches)
rows = [
    f"| per token | perplexity | {perplexity(nats, tokens):.1f} |",
    f"| per token, averaged over batches of four | perplexity | {mean_of_batches:.1f} |",
    f"| per character | bits | {bits_per_character(nats, text):.2f} |",
    f"| per byte | bits | {bits_per_byte(nats, asked):.2f} |",
]
display(Markdown("\n".join(["| the same likelihood | unit | value |", "|---|---|---|", *rows])))

# %% [markdown] tags=["zh"]
# 前两行都叫「困惑度」，第二行却是各批困惑度的平均：指数的平均大于平均的指数，所以各批词元数相同时，它总是偏高。许多训练脚本报的就是它。
#
# 困惑度量的是模型对**别人写的**文本有多意外，不是它自己写得好不好。让模型给下面几种文本打分：

# %% [markdown] tags=["en"]
# The first two rows are both called perplexity; the second is a mean of the batches' perplexities. The mean of exponentials exceeds the exponential of the mean, so with batches of equally many tokens it is always too high. Many training scripts report it.
#
# Perplexity tells how surprised a model is by text that *somebody else* wrote, and nothing of the quality of its own. Let the model judge these:

# %%
judged = {
    "poems by poets": asked,
    "its own, sampled": [first + second for first, second in zip(firsts, systems["sampled"], strict=True)],
    "its own, greedy": [first + second for first, second in zip(firsts, systems["greedy"], strict=True)],
    "first half, twice": [first + first for first in firsts],
    "one line, four times": [(first[:5] + "，" + first[:5] + "。") * 2 for first in firsts],
}
bits = {name: bits_per_character(measured(texts)[0], "".join(texts)) for name, texts in judged.items()}
display(
    Markdown(
        "\n".join(["| text | bits per character |", "|---|---|", *[f"| {n} | {b:.2f} |" for n, b in bits.items()]])
    )
)

# %% [markdown] tags=["zh"]
# 都连同前两句一起算，模型自己觉得最顺的是贪心续成的诗（{{ bits_greedy:.2f}} 比特），诗人写的反而更意外（{{ bits_poets:.2f}}）。拿一个模型的困惑度去评它或同类写的东西，得分最高的往往是套话。同一句抄四遍，它给的分（{{ bits_repeated:.2f}}）和诗人的诗不相上下：复读，困惑度看不出来。
#
# ## 与参考对比：BLEU、chrF、ROUGE、BERTScore { #overlap }
#
# 四个指标都拿一段文字同参考文本比，数的东西不同：
#
# | 指标 | 数什么 | 本站的实现 |
# |---|---|---|
# | [BLEU][paper-bleu] | 一到四元组的精确率（截断），乘以长度惩罚；整个语料一起算 | [`bleu`][aigc_ref.metrics.bleu] |
# | [chrF][paper-chrf] | 一到六个字符的片段，召回比精确重要 | [`chrf`][aigc_ref.metrics.chrf] |
# | [ROUGE-L][paper-rouge] | 最长公共子序列，精确率与召回率的 F | [`rouge`][aigc_ref.metrics.rouge] |
# | [BERTScore][paper-bertscore] | 每个词元在对面找最像的向量，取余弦 | [`bertscore`][aigc_ref.metrics.bertscore] |

# %% [markdown] tags=["en"]
# With the first halves counted in, the poems that it continued greedily please the model most ({{ bits_greedy:.2f}} bits), and those of the poets surprise it more ({{ bits_poets:.2f}}). Judge output by the perplexity of the same kind of model, and clichés win. One line four times costs it about as much as a poet's poem ({{ bits_repeated:.2f}}); perplexity does not see the repetition.
#
# ## Against references: BLEU, chrF, ROUGE, BERTScore { #overlap }
#
# Four measures compare a text with a reference, and count different things:
#
# | measure | what it counts | ours |
# |---|---|---|
# | [BLEU][paper-bleu] | precision of 1- to 4-grams, clipped, times a penalty for brevity; over the corpus as a whole | [`bleu`][aigc_ref.metrics.bleu] |
# | [chrF][paper-chrf] | pieces of one to six characters, recall weighing more | [`chrf`][aigc_ref.metrics.chrf] |
# | [ROUGE-L][paper-rouge] | the longest common subsequence, as an F of precision and recall | [`rouge`][aigc_ref.metrics.rouge] |
# | [BERTScore][paper-bertscore] | for each token the most similar vector on the other side, by cosine | [`bertscore`][aigc_ref.metrics.bertscore] |

# %%
encoder, pieces = load_encoder("multilingual-e5-small")
LAYER = 9


def meaning(hypotheses, references):
    """BERTScore's F1 of each pair over the packaged multilingual encoder."""
    return [score.f1 for score in bertscore(hypotheses, references, encoder, pieces, layer=LAYER)]


each = {
    name: {
        "BLEU": [100 * sentence_bleu(text, [second]) for text, second in zip(texts, seconds, strict=True)],
        "ROUGE-L": [100 * rouge_l(text, second).f1 for text, second in zip(texts, seconds, strict=True)],
        "BERTScore": [100 * score for score in meaning(texts, seconds)],
    }
    for name, texts in systems.items()
}
table = {
    name: {
        "BLEU": 100 * corpus_bleu(texts, [[second] for second in seconds], smoothing="exp").score,
        "mean of sentence BLEU": mean(each[name]["BLEU"]),
        "chrF": 100 * corpus_chrf(texts, [[second] for second in seconds]),
        "ROUGE-L": 100 * corpus_rouge(texts, seconds).rouge_l.f1,
        "BERTScore": mean(each[name]["BERTScore"]),
    }
    for name, texts in systems.items()
}
head = f"| second half by | {' | '.join(table['greedy'])} |"
rows = [f"| {name} | {' | '.join(f'{value:.1f}' for value in row.values())} |" for name, row in table.items()]
display(Markdown("\n".join([head, "|---" * 6 + "|", *rows])))

# %% [markdown] tags=["zh"]
# 「诗人」一行是满分，「张冠李戴」是只靠碰巧也能得的分。差别大不大，要看区间：把考题有放回地重抽 {{ resamples }} 次，每次算「采样减去张冠李戴」的差，取中间 `95 %`。区间跨过 0，就不能说谁好。整个语料的 BLEU 拆不成一题一题，这里用的是逐句 BLEU 的平均。

# %% [markdown] tags=["en"]
# *The poet* is the ceiling, and *exchanged* is what chance earns. Whether a difference matters is a question of intervals. Draw the poems again with replacement, {{ resamples }} times, compute *sampled* minus *exchanged* each time, and keep the middle `95 %`. Where that covers 0, neither can be called better. BLEU over a corpus does not come apart into poems, so here it is the mean over sentences.


# %%
def interval(differences):
    """The middle 95 % of the mean over resampled poems."""
    rng = random.Random(0)
    means = sorted(mean(rng.choices(differences, k=len(differences))) for _ in range(resamples))
    return means[round(0.025 * (resamples - 1))], means[round(0.975 * (resamples - 1))]


differences = {
    measure: interval([a - b for a, b in zip(each["sampled"][measure], each["exchanged"][measure], strict=True)])
    for measure in ("BLEU", "ROUGE-L", "BERTScore")
}
rows = [f"| {name} | {low:+.2f} | {high:+.2f} |" for name, (low, high) in differences.items()]
display(Markdown("\n".join(["| sampled minus exchanged | from | to |", "|---|---|---|", *rows])))

# %% [markdown] tags=["zh"]
# BLEU 和 ROUGE-L 的区间都在 0 以上，模型确实领先；领先多少？ROUGE-L 满分 100，它多得 {{ rouge_low:.1f}} 到 {{ rouge_high:.1f}} 分。显著不等于重要。BERTScore 也是满分 100，差在 {{ bertscore_low:+.1f}} 到 {{ bertscore_high:+.1f}} 之间：下端贴着 0，换一批诗就可能跨过去，靠它下不了结论。
#
# 要紧的不是分数，是它分得清什么。「复读」一个新字也没写，BERTScore 却给 {{ bertscore_repeated:.1f}}，采样是 {{ bertscore_sampled:.1f}}，连毫不相干的张冠李戴也有 {{ bertscore_exchanged:.1f}}：在它看来，五言诗句彼此都差不多。真正的诗句张冠李戴，BLEU 是 {{ bleu_exchanged:.1f}}，模型是 {{ bleu_sampled:.1f}}。一道题有千百种好答案、参考只有一个时，这些指标量的都不是好坏（[勘误](../errata.md#e04)）。翻译、摘要这类正确说法彼此相近的任务，才是它们的地盘。
#
# ## 中文的三个陷阱 { #chinese }
#
# 一、rouge-score 只认拉丁字母和数字，别的全部丢掉；二、sacreBLEU 的默认分词 `13a` 把一整句汉字当成一个词；三、不写分词方式，BLEU 就不可复现（[论文][paper-sacrebleu]）。两句只差一个字：

# %% [markdown] tags=["en"]
# The intervals of BLEU and ROUGE-L lie above 0, so the model is ahead; by how much? Of a hundred points of ROUGE-L it has {{ rouge_low:.1f}} to {{ rouge_high:.1f}} more. Significant is not the same as important. BERTScore, out of a hundred too, differs by {{ bertscore_low:+.1f}} to {{ bertscore_high:+.1f}}. The lower end touches 0, other poems might move it across, and nothing should be concluded from it.
#
# What counts is not the score but what it can tell apart. *Repeated* wrote nothing new, and BERTScore gives it {{ bertscore_repeated:.1f}}, against {{ bertscore_sampled:.1f}} for *sampled* and {{ bertscore_exchanged:.1f}} for *exchanged*, whose halves have nothing to do with each other: all lines of five characters look alike to it. Real lines of other poems get BLEU {{ bleu_exchanged:.1f}}, the model {{ bleu_sampled:.1f}}. Where a task has a thousand good answers and one reference, none of these measures quality ([errata](../errata.md#e04)). Their home is translation and summaries, where right answers resemble each other.
#
# ## Three traps with Chinese { #chinese }
#
# First, rouge-score keeps Latin letters and digits and throws everything else away. Second, sacreBLEU's default tokenization, `13a`, takes a whole Chinese sentence for one word. Third, BLEU without its tokenization cannot be reproduced ([paper][paper-sacrebleu]). Two sentences that differ in one character:

# %%
REFERENCE = "模型在测试集上的准确率提高了三个百分点。"
HYPOTHESIS = "模型在测试集上的准确率提高了两个百分点。"
scorer = RougeScorer(["rougeL"])
bleu_of = {
    name: sacrebleu.corpus_bleu([HYPOTHESIS], [[REFERENCE]], tokenize=name).score for name in ("13a", "zh", "char")
}
ours = 100 * corpus_bleu([HYPOTHESIS], [[REFERENCE]]).score
rows = [
    f"| rouge-score, ROUGE-L, identical texts | {100 * scorer.score(REFERENCE, REFERENCE)['rougeL'].fmeasure:.1f} |",
    f"| ours, ROUGE-L, identical texts | {100 * rouge_l(REFERENCE, REFERENCE).f1:.1f} |",
    f"| ours, ROUGE-L, one character differs | {100 * rouge_l(HYPOTHESIS, REFERENCE).f1:.1f} |",
    *[f"| sacreBLEU, `{name}`, one character differs | {score:.1f} |" for name, score in bleu_of.items()],
    f"| ours, BLEU, one character differs | {ours:.1f} |",
]
display(Markdown("\n".join(["| measure | value |", "|---|---|", *rows])))

# %% [markdown] tags=["zh"]
# 一模一样的两段中文，rouge-score 给 {{ rouge_score_zero:.0f}} 分，而且不报错。差一个字的两句，`13a` 给 {{ bleu_13a:.1f}}，按字切给 {{ bleu_zh:.1f}}。三个百分点和两个百分点意思不同，按字的 BLEU 仍有 {{ bleu_zh:.1f}}：它数片段，不懂数字。
#
# ## 意思相反，分数照高 { #negation }
#
# BERTScore 比向量，能认出换了说法的同一个意思；但否定只差一个字，向量几乎不动。每组三句：原句、换个说法、意思相反。

# %% [markdown] tags=["en"]
# For two identical Chinese texts rouge-score gives {{ rouge_score_zero:.0f}}, without a warning. Where one character differs, `13a` gives {{ bleu_13a:.1f}} and characters {{ bleu_zh:.1f}}. Three points are not two points, and BLEU by characters is still {{ bleu_zh:.1f}}; it counts pieces and knows no numbers.
#
# ## The opposite scores well { #negation }
#
# BERTScore compares vectors and recognises the same meaning in other words. But a negation is one character, and hardly moves them. Three sentences each: the original, a paraphrase, and its opposite.

# %%
TRIPLES = [
    ("这款手机的电池很耐用。", "它充一次电能用很久。", "这款手机的电池很不耐用。"),
    ("会议改到周五下午。", "周五下午才开会。", "会议没有改到周五下午。"),
    ("医生建议他多运动。", "大夫劝他平时多活动。", "医生建议他不要运动。"),
    ("这家店我还会再来。", "下次还到这里买。", "这家店我不会再来。"),
    ("模型没有见过这些数据。", "这些数据不在训练集里。", "模型见过这些数据。"),
    ("他同意了我们的方案。", "我们的计划得到他的认可。", "他不同意我们的方案。"),
]
originals, paraphrases, opposites = (list(side) for side in zip(*TRIPLES, strict=True))
by_meaning = {"paraphrase": meaning(paraphrases, originals), "opposite": meaning(opposites, originals)}
fooled = sum(o > p for p, o in zip(by_meaning["paraphrase"], by_meaning["opposite"], strict=True))
rows = [
    f"| {name} | {100 * mean(values):.1f} | {100 * mean(rouge_l(t, o).f1 for t, o in zip(texts, originals, strict=True)):.1f} |"
    for (name, values), texts in zip(by_meaning.items(), (paraphrases, opposites), strict=True)
]
display(Markdown("\n".join(["| against the original | BERTScore | ROUGE-L |", "|---|---|---|", *rows])))
print(f"the opposite scores higher than the paraphrase in {fooled} of {len(TRIPLES)}")

# %% [markdown] tags=["zh"]
# {{ triples }} 组里有 {{ fooled }} 组，意思相反的句子得分比换个说法的还高。向量还有一个毛病：都挤在差不多的方向上，毫不相干的两段诗（张冠李戴）也有 {{ bertscore_exchanged:.0f}}，所以只看差别，不看绝对值。
#
# ## 没有参考：多样性与 MAUVE { #diversity }
#
# 续写没有标准答案，就换个问法：整批作品像不像整批真诗，彼此重复不重复。
#
# - [distinct-2][paper-distinct-n]：不同的二元组占多少；
# - [self-BLEU][paper-texygen]：每一篇同其余各篇的 BLEU，越低越不雷同；
# - [MAUVE][paper-mauve]：两批文本各变成向量，聚成若干组，比较两边落在各组的比例，1 表示分不清。向量用 GPT 自己在诗末的隐藏状态。

# %% [markdown] tags=["en"]
# In {{ fooled }} of {{ triples }}, the opposite scores higher than the paraphrase. Vectors have another fault. They all point roughly one way, and halves of unrelated poems (*exchanged*) get a BERTScore of {{ bertscore_exchanged:.0f}}. Look at differences, not at absolute values.
#
# ## Without references: diversity and MAUVE { #diversity }
#
# A continuation has no right answer, so ask something else: does the whole lot resemble real poems, and do they resemble each other?
#
# - [distinct-2][paper-distinct-n] is the share of different pairs of characters;
# - [self-BLEU][paper-texygen] is the BLEU of each text against all others, the lower the less alike;
# - [MAUVE][paper-mauve] turns both sets into vectors, groups them, and compares how either set spreads over the groups; 1 means that they cannot be told apart. The vectors are the GPT's own hidden states at the end of a poem.


# %%
@torch.no_grad()
def ends(texts):
    """The last hidden state at the end of each poem, shape (texts, width)."""
    rows = [tokenizer(text)["input_ids"][:-1] for text in texts]
    states = model(**padded_inputs(rows, tokenizer.pad_token_id), output_hidden_states=True).hidden_states[-1]
    return states[torch.arange(len(rows)), torch.tensor([len(row) - 1 for row in rows])]


people = ends(asked)
TEMPERATURES = (0.3, 0.6, 1.0, 1.5)
swept = {f"temperature {t}": continued(t, seed=1) for t in TEMPERATURES} | {"other poets": systems["exchanged"]}
sweep = {}
for name, texts in swept.items():
    whole = [first + second for first, second in zip(firsts, texts, strict=True)]
    if name == "other poets":
        whole = others  # real poems, none of those asked for
    p, q = histograms(people, ends(whole))
    sweep[name] = {"distinct-2": distinct(texts)[1], "self-BLEU": self_bleu(texts[:100]), "MAUVE": mauve(p, q)}
rows = [f"| {name} | {' | '.join(f'{value:.2f}' for value in row.values())} |" for name, row in sweep.items()]
display(Markdown("\n".join(["| continuations | distinct-2 | self-BLEU | MAUVE |", "|---|---|---|---|", *rows])))

# %% tags=["fold"] caption={"zh": "同样的两批文本，MAUVE 随分组数而变。只有样本数、分组数和特征都相同，两个 MAUVE 才能比。", "en": "MAUVE of the same two sets changes with the number of groups. Two values compare only with equal samples, groups and features."}
whole = [first + second for first, second in zip(firsts, swept["temperature 1.0"], strict=True)]
by_groups = {
    "model": [mauve(*histograms(people, ends(whole), groups=k)) for k in groups],
    "other poets": [mauve(*histograms(people, ends(others), groups=k)) for k in groups],
}
figure, axis = plt.subplots(figsize=(5.4, 2.5))
for name, values in by_groups.items():
    axis.plot(groups, values, marker="o", markersize=3, label=name)
axis.set(xlabel="groups", ylabel="MAUVE", ylim=(0, 1.02))
axis.legend()
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 温度低，句句雷同：`0.3` 时 distinct-2 只有 {{ distinct_cold:.2f}}，真诗是 {{ distinct_poets:.2f}}。温度 `1.5` 时 distinct-2 涨到 {{ distinct_hot:.2f}}，乱写也很「多样」，所以多样性必须同质量一起报。MAUVE 两头都罚，但它的值随分组数变：真诗对真诗，从 {{ groups_first }} 组的 {{ mauve_few:.2f}} 降到 {{ groups_last }} 组的 {{ mauve_many:.2f}}。报 MAUVE 要连同样本数、分组数、特征，再加一行真对真。
#
# ## 文章里的那个 F1 { #article }
#
# 本站所依据的文章报告实体识别 F1 为 `97.3 %`（见勘误[一](../errata.md#e22)、[二](../errata.md#e23)）。用表里的各行重算：

# %% [markdown] tags=["en"]
# Low temperature makes all lines alike; at `0.3` distinct-2 is {{ distinct_cold:.2f}}, with real poems {{ distinct_poets:.2f}}. At `1.5` it rises to {{ distinct_hot:.2f}}, for nonsense is diverse too, so report diversity beside quality. MAUVE punishes both ends, but depends on the number of groups: poets against poets fall from {{ mauve_few:.2f}} with {{ groups_first }} groups to {{ mauve_many:.2f}} with {{ groups_last }}. Report it with samples, groups and features, and with one row of real against real.
#
# ## The F1 of the article { #article }
#
# The article that this site grew out of reports an F1 of `97.3 %` for entities ([errata](../errata.md#e22), [again](../errata.md#e23)). From the rows of its table:

# %%
ROWS = """
B-LOC 0.926 0.906 1668
I-LOC 0.900 0.805 257
B-MISC 0.875 0.856 702
I-MISC 0.838 0.782 216
B-ORG 0.914 0.898 1661
I-ORG 0.911 0.894 835
B-PER 0.964 0.957 1617
I-PER 0.983 0.980 1156
O 0.993 0.995 38323
"""
labels = [(name, float(p), float(r), int(n)) for name, p, r, n in map(str.split, ROWS.strip().splitlines())]


def micro_f1(rows):
    """Over tokens: found rightly, over what was predicted and over what there is."""
    right = sum(recall * support for _, _, recall, support in rows)
    predicted = sum(recall * support / precision for _, precision, recall, support in rows)
    there = sum(support for *_, support in rows)
    return 2 * right / (predicted + there)


everything = sum(support for *_, support in labels)
with_o, without_o = micro_f1(labels), micro_f1([row for row in labels if row[0] != "O"])
only_o = labels[-1][3] / everything
rows = [
    f"| the table's rows, with O | {with_o:.3f} |",
    f"| the table's rows, without O | {without_o:.3f} |",
    f"| a program that answers O to everything, with O | {only_o:.3f} |",
]
display(Markdown("\n".join(["| micro average over tokens | F1 |", "|---|---|", *rows])))

# %% [markdown] tags=["zh"]
# 表上写的 `0.973` 从它自己的各行也算不出来：算上 O 应是 {{ with_o:.3f}}，去掉 O 是 {{ without_o:.3f}}。而什么实体都不认的程序，算上 O 也有 {{ only_o:.3f}}。实体级的 F1 要求边界和类型都对，还会更低，表里没有给。怎样读懂一份报告，见[实体识别教程](ner.md)。
#
# ## 图片：Fréchet 距离和样本数 { #frechet }
#
# [Fréchet 距离][paper-fid]把两批图片各变成特征，各拟合一个高斯分布，算两个分布的距离：
#
# $$d^2 = \lVert \mu_1 - \mu_2 \rVert^2 + \operatorname{tr}\left(\Sigma_1 + \Sigma_2 - 2(\Sigma_1\Sigma_2)^{1/2}\right)$$
#
# $\mu$ 和 $\Sigma$ 是特征的均值和协方差。特征用 EfficientNet-Lite0 在 64 像素下的 1,280 维，所以这里的数不是 FID，同任何论文都不能比。[核距离][paper-kid]比的是同样的特征，估计量没有偏差。

# %% [markdown] tags=["en"]
# The `0.973` does not even follow from the table's own rows: with O they give {{ with_o:.3f}}, without O {{ without_o:.3f}}. And a program that recognises nothing scores {{ only_o:.3f}} with O. An F1 of entities, where boundaries and types must be right, would be lower still; the table has none. How to read such a report is told in [the tutorial on named entities](ner.md).
#
# ## Pictures: the Fréchet distance and the number of samples { #frechet }
#
# The [Fréchet distance][paper-fid] turns both sets of pictures into features, fits a Gaussian to each, and takes the distance of the two:
#
# $$d^2 = \lVert \mu_1 - \mu_2 \rVert^2 + \operatorname{tr}\left(\Sigma_1 + \Sigma_2 - 2(\Sigma_1\Sigma_2)^{1/2}\right)$$
#
# $\mu$ and $\Sigma$ are mean and covariance of the features, here the 1,280 of EfficientNet-Lite0 at 64 pixels. So these numbers are not FID and compare with no paper's. The [kernel distance][paper-kid] looks at the same features, and its estimate has no bias.

# %%
folder = checkpoint("gan-fashion")
generator = Generator(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
generator.load_state_dict(load_file(folder / "model.safetensors"))
generator.eval()
network = efficientnet.load()


def seen(images):
    return efficientnet.features(network, images, size=64)


@torch.no_grad()
def drawn(count, scale=1.0, seed=3):
    noise = torch.randn(count, generator.layers[0].in_features, generator=torch.Generator().manual_seed(seed))
    return generator(scale * noise)


train, test = (fashion_mnist.scaled(fashion_mnist.load(name).images[:pictures]) for name in ("train", "test"))
real, unseen, made = seen(train), seen(test), seen(drawn(pictures))
distances = {
    name: [frechet_distance(real[:n], features[:n]) for n in sizes]
    for name, features in {"generated": made, "real, unseen": unseen}.items()
}
kernels = {
    name: [kernel_distance(real[:n], features[:n]) for n in sizes]
    for name, features in {"generated": made, "real, unseen": unseen}.items()
}

# %% tags=["fold"] caption={"zh": "同一个生成器，样本越多，Fréchet 距离越小（左）；核距离没有这种系统的下降，样本少时只是不大准（右）。", "en": "The same generator: the more samples, the smaller the Fréchet distance (left); the kernel distance has no such trend, and is only less certain with few (right)."}
figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.5))
for axis, values, label in zip(axes, (distances, kernels), ("Fréchet distance", "kernel distance"), strict=True):
    for name, points in values.items():
        axis.plot(sizes, points, marker="o", markersize=3, label=name)
    axis.set(xlabel="samples", ylabel=label, xscale="log", xticks=sizes, xticklabels=sizes)
    axis.minorticks_off()
axes[0].legend()
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 同一个生成器，{{ size_first }} 张图时距离是 {{ frechet_few:.0f}}，{{ size_last }} 张时是 {{ frechet_many:.0f}}；连真图对真图也有 {{ floor_few:.0f}} 和 {{ floor_many:.0f}}。估计协方差要很多样本，少了就偏大。样本数不同的两个 Fréchet 距离不能比，报的时候要写明样本数和真对真的底。
#
# ## 一个数说不清：精确率与召回率 { #precision-recall }
#
# 距离把两种毛病混在一起：画得假，和画得少。[精确率与召回率][paper-precision-recall]把它们分开：每张真图以到第 $k$ 个近邻的距离为半径画个球，生成图落在任何一个球里算「像真的」，精确率是这种图占多少；反过来就是召回率。[密度与覆盖率][paper-density-coverage]是更耐离群点的版本。让同一个生成器只用靠近原点的噪声（截断），再加一个「背书」的：直接交训练图片。

# %% [markdown] tags=["en"]
# The same generator is at {{ frechet_few:.0f}} with {{ size_first }} pictures and at {{ frechet_many:.0f}} with {{ size_last }}; real against real it is {{ floor_few:.0f}} and {{ floor_many:.0f}}. Estimating a covariance takes many samples, and with few the distance is too large. Distances of unequal numbers of samples do not compare; report the number, and the floor of real against real.
#
# ## More than one number: precision and recall { #precision-recall }
#
# A distance mixes two faults, pictures that look wrong and kinds that are missing. [Precision and recall][paper-precision-recall] take them apart. Draw a ball around each real picture that reaches its $k$-th neighbour. A generated picture inside any ball looks real, and precision is the share of those; recall is the same the other way round. [Density and coverage][paper-density-coverage] bear outliers better. Let the same generator use noise near the origin only (truncation), and add a student who learns by heart and hands in training pictures.

# %%
some = slice(0, min(2000, pictures))
candidates = {
    "generated": made[some],
    "generated, noise × 0.5": seen(drawn(len(made[some]), scale=0.5)),
    "real, unseen": unseen[some],
    "training pictures": real[some],
}
found = {name: precision_recall_density_coverage(real[some], features) for name, features in candidates.items()}
rows = [
    f"| {name} | {f.precision:.2f} | {f.recall:.2f} | {f.density:.2f} | {f.coverage:.2f} | {frechet_distance(real[some], candidates[name]):.0f} |"
    for name, f in found.items()
]
display(
    Markdown(
        "\n".join(
            [
                "| pictures | precision | recall | density | coverage | Fréchet distance |",
                "|---|---|---|---|---|---|",
                *rows,
            ]
        )
    )
)

# %% [markdown] tags=["zh"]
# 截断让精确率从 {{ precision:.2f}} 变为 {{ precision_truncated:.2f}}，召回率从 {{ recall:.2f}} 变为 {{ recall_truncated:.2f}}：画得稍稳，花样少了许多，Fréchet 距离却把两件事揉成一个数。背书的，除密度（它没有上限）外每一栏都是满分：这些指标没有一个看得出抄袭，要另外查最近邻。
#
# ## 该报什么 { #report }
#
# | 想知道 | 用什么 | 旁边要报 |
# |---|---|---|
# | 模型对这种文本熟不熟 | 每字比特数 | 语料、是否算 `<eos>`、上下文长度 |
# | 译文、摘要对不对 | chrF、BLEU、ROUGE | 分词方式和版本、参考数、区间、人工抽查 |
# | 意思一样不一样 | BERTScore | 模型和层、随机配对的底线、否定句 |
# | 像不像真的一批 | MAUVE、Fréchet 距离、核距离 | 特征、样本数、真对真的底 |
# | 假在哪里，缺了什么 | 精确率、召回率、密度、覆盖率 | $k$、样本数、最近邻查重 |
# | 花样多不多 | distinct-n、self-BLEU | 同时报质量，长度要一样 |
# | 认出了多少实体 | 实体级 F1 | 严格还是宽松、每类、没见过的实体 |
#
# ## 试一试 { #try }
#
# **1.** 只交最像参考的那几篇，BLEU 能抬多高？

# %% [markdown] tags=["en"]
# Truncation takes precision from {{ precision:.2f}} to {{ precision_truncated:.2f}} and recall from {{ recall:.2f}} to {{ recall_truncated:.2f}}: pictures a little safer and much less varied, which the Fréchet distance rolls into one number. The student who learnt by heart is perfect in every column but density, which has no ceiling. None of these measures sees copying; look at nearest neighbours besides.
#
# ## What to report { #report }
#
# | you want to know | use | report beside it |
# |---|---|---|
# | whether a model knows this kind of text | bits per character | corpus, whether `<eos>` counts, context length |
# | whether a translation or summary is right | chrF, BLEU, ROUGE | tokenization and version, number of references, interval, samples read by people |
# | whether two texts mean the same | BERTScore | model and layer, the score of random pairs, negations |
# | whether a whole set looks real | MAUVE, Fréchet and kernel distance | features, number of samples, real against real |
# | what looks wrong, what is missing | precision, recall, density, coverage | $k$, number of samples, nearest neighbours |
# | whether output varies | distinct-n, self-BLEU | quality as well, at equal lengths |
# | how many entities are found | entity-level F1 | strict or lenient, by type, on names not seen before |
#
# ## Try this { #try }
#
# **1.** How far does BLEU rise if only the continuations nearest to their references are handed in?

# %% tags=["answer"]
best = sorted(range(len(seconds)), key=lambda i: each["sampled"]["BLEU"][i], reverse=True)[: len(seconds) // 10]
chosen = 100 * corpus_bleu([systems["sampled"][i] for i in best], [[seconds[i]] for i in best], smoothing="exp").score
print(f"all {table['sampled']['BLEU']:.1f}, the best tenth {chosen:.1f}")
print("whoever chooses after looking at the references measures the choice")

# %% [markdown] tags=["zh"]
# **2.** 给每首诗两条参考（诗人的，和另一位诗人的），BLEU 会怎样变？

# %% [markdown] tags=["en"]
# **2.** Give each poem two references, the poet's and another poet's. What becomes of BLEU?

# %% tags=["answer"]
two = [[second, other[12:]] for second, other in zip(seconds, others[1:] + others[:1], strict=True)]
print(
    f"one reference {table['sampled']['BLEU']:.1f}, two {100 * corpus_bleu(systems['sampled'], two, smoothing='exp').score:.1f}"
)
print("more references never lower the matches, so scores with different numbers of references do not compare")

# %% [markdown] tags=["zh"]
# **3.** 把每首诗的字打乱，哪些指标察觉得到？

# %% [markdown] tags=["en"]
# **3.** Shuffle the characters of each text. Which measures notice?

# %% tags=["answer"]
rng = random.Random(0)
shuffled = ["".join(rng.sample(second, len(second))) for second in seconds]
print(f"BLEU      {100 * corpus_bleu(shuffled, [[s] for s in seconds], smoothing='exp').score:5.1f} of 100")
print(f"ROUGE-L   {100 * corpus_rouge(shuffled, seconds).rouge_l.f1:5.1f} of 100")
print(f"BERTScore {100 * mean(meaning(shuffled, seconds)):5.1f}, exchanged {table['exchanged']['BERTScore']:.1f}")

# %% [markdown] tags=["zh"]
# ## 局限，以及真正要用的时候 { #production }
#
# 这里每个指标只在一个小任务上试过，数字不能搬到别处；大模型的评测还有提示词、评判模型、数据污染这些问题，本页没有碰。真要发表，请用 [sacreBLEU][tool-sacrebleu] 和 [TorchMetrics][tool-torchmetrics]，把前者打印的签名、后者的版本和设置一起写进论文。
#
# 对照：同样的文本、同样的切法，本站与 sacreBLEU 的 BLEU 相差 {{ parity:.0e}}。

# %% [markdown] tags=["en"]
# ## Limits, and in production { #production }
#
# Each measure was tried on one small task, and the figures do not carry over. Evaluating large models brings prompts, judges that are models, and contaminated data, none of which was touched here. To publish, take [sacreBLEU][tool-sacrebleu] and [TorchMetrics][tool-torchmetrics], and give in the paper the signature that the one prints, and version and settings of the other.
#
# Parity: for the same texts cut in the same way, BLEU here and in sacreBLEU differ by {{ parity:.0e}}.

# %%
spaced = [[" ".join(tokenize(text)) for text in texts] for texts in (systems["sampled"], seconds)]
theirs = sacrebleu.corpus_bleu(spaced[0], [spaced[1]], tokenize="none", smooth_method="exp").score
parity = abs(table["sampled"]["BLEU"] - theirs)
parity

# %% tags=["numbers"]
numbers = {
    "bits_greedy": bits["its own, greedy"],
    "bits_poets": bits["poems by poets"],
    "bits_repeated": bits["one line, four times"],
    "resamples": resamples,
    "rouge_low": differences["ROUGE-L"][0],
    "rouge_high": differences["ROUGE-L"][1],
    "bertscore_low": differences["BERTScore"][0],
    "bertscore_high": differences["BERTScore"][1],
    "bertscore_repeated": table["repeated"]["BERTScore"],
    "bertscore_sampled": table["sampled"]["BERTScore"],
    "bertscore_exchanged": table["exchanged"]["BERTScore"],
    "bleu_exchanged": table["exchanged"]["BLEU"],
    "bleu_sampled": table["sampled"]["BLEU"],
    "rouge_score_zero": 100 * scorer.score(REFERENCE, REFERENCE)["rougeL"].fmeasure,
    "bleu_13a": bleu_of["13a"],
    "bleu_zh": bleu_of["zh"],
    "fooled": fooled,
    "triples": len(TRIPLES),
    "distinct_cold": sweep["temperature 0.3"]["distinct-2"],
    "distinct_hot": sweep["temperature 1.5"]["distinct-2"],
    "distinct_poets": sweep["other poets"]["distinct-2"],
    "groups_first": groups[0],
    "groups_last": groups[-1],
    "mauve_few": by_groups["other poets"][0],
    "mauve_many": by_groups["other poets"][-1],
    "with_o": with_o,
    "without_o": without_o,
    "only_o": only_o,
    "size_first": sizes[0],
    "size_last": sizes[-1],
    "frechet_few": distances["generated"][0],
    "frechet_many": distances["generated"][-1],
    "floor_few": distances["real, unseen"][0],
    "floor_many": distances["real, unseen"][-1],
    "precision": found["generated"].precision,
    "precision_truncated": found["generated, noise × 0.5"].precision,
    "recall": found["generated"].recall,
    "recall_truncated": found["generated, noise × 0.5"].recall,
    "parity": parity,
}
print(json.dumps(numbers))

# %% tags=["numbers"]
# What the text claims, as bands: prose that has become untrue stops the run.
assert numbers["rouge_score_zero"] == 0
assert numbers["bleu_13a"] < 1 < 50 < numbers["bleu_zh"] < 90, numbers
assert 0.975 < with_o < 0.985, numbers
assert 0.915 < without_o < 0.93, numbers
assert parity < 1e-9, numbers
if claims_hold:
    assert mean_of_batches > perplexity(nats, tokens)
    assert numbers["bits_greedy"] < numbers["bits_poets"] - 1, bits
    assert abs(numbers["bits_repeated"] - numbers["bits_poets"]) < 0.4, bits
    assert abs(numbers["bertscore_exchanged"] - numbers["bertscore_sampled"]) < 1, numbers
    assert abs(numbers["bertscore_repeated"] - numbers["bertscore_sampled"]) < 1, numbers
    assert differences["BLEU"][0] > 0 < numbers["rouge_low"] < numbers["rouge_high"] < 5, differences
    assert abs(numbers["bertscore_low"]) < 0.25 < numbers["bertscore_high"] < 2, differences
    assert abs(numbers["bleu_sampled"] - numbers["bleu_exchanged"]) < 3, table
    assert fooled >= 2, by_meaning
    assert numbers["distinct_cold"] < numbers["distinct_poets"] < numbers["distinct_hot"], sweep
    assert numbers["mauve_many"] < numbers["mauve_few"], by_groups
    assert numbers["frechet_many"] < numbers["frechet_few"], distances
    assert numbers["floor_many"] < 0.6 * numbers["floor_few"], distances
    assert numbers["precision_truncated"] > numbers["precision"], found
    assert numbers["recall_truncated"] < numbers["recall"], found
print("{}")
