"""Every word of the interface, in both languages: what frames the prose of docs/ and the entries of resources/.

A dataclass, so that a word missing in one language is an error of the type checker and not a gap on a page.
"""

from dataclasses import dataclass

from tools.catalogue.facts import State
from tools.catalogue.models import Access, Kind, Level
from tools.tutorials.source import Language


@dataclass(frozen=True, slots=True)
class Words:
    # the site
    site_name: str
    description: str
    home: str
    tutorials: str
    catalogue: str
    reference: str
    errata: str
    contributing: str
    contribute: str
    glossary: str
    # home
    headline: tuple[str, ...]
    """Line by line."""
    lead: str
    start: str
    ways: str
    """Before the learning paths, each for a kind of reader."""
    doors: tuple[tuple[str, str, str, str], ...]
    """Character, title, text and page of each door."""
    strip_resources: str
    strip_papers: str
    strip_tutorials: str
    strip_parity: str
    strip_checked: str
    # catalogue
    catalogue_about: str
    kinds: dict[Kind, str]
    one: dict[Kind, str]
    """What a single resource of each kind is called."""
    kinds_about: dict[Kind, str]
    by_kind: str
    by_topic: str
    everything: str
    levels: dict[Level, str]
    access: dict[Access, str]
    languages: dict[str, str]
    states: dict[State, str]
    of_code: str
    """Where a state is that of its code and not of the resource itself."""
    of_link: str
    idle: str
    idle_about: str
    unchecked: str
    unchecked_about: str
    fields: dict[str, str]
    """Names of fields, where a card says that one is unchecked."""
    uses: dict[str, str]
    downloads: dict[str, str]
    """File name below catalogue/ → what it is."""
    downloads_before: str
    columns: tuple[str, ...]
    """Of the table."""
    feed_title: str
    changes_title: str
    changed: str
    opml_title: str
    calendar_title: str
    # filter
    shelves: str
    filter: str
    find: str
    facets: dict[str, str]
    state_names: dict[str, str]
    """Of the facet: the states, and idle."""
    sort: str
    sorts: dict[str, str]
    shown: str
    more: str
    nothing_found: str
    reset: str
    # card
    and_others: str
    between_names: str
    implemented: str
    tutorial: str
    erratum: str
    first_version: str
    stars: str
    last_commit: str
    commits_in_year: str
    release: str
    checked_on: str
    sources: dict[str, str]
    growth: str
    details: str
    details_of: str
    # an entry's page
    open: str
    code: str
    here: str
    entry_facts: str
    added: str
    fetched: str
    latest_version: str
    categories: str
    remark: str
    journal: str
    star_count: str
    risen: str
    commits_a_year: str
    main_language: str
    code_license: str
    state: str
    between_facts: str
    versions: str
    seen_on: str
    # tutorials
    tutorials_about: str
    minutes: str
    facts: str
    prerequisites: str
    timeline: str
    timeline_about: str
    news: str
    news_about: str
    news_changed: str
    news_added: str
    field_news: str
    no_field_news: str
    gained: str
    paths: str
    paths_about: str
    tutorial_kind: str
    answer: str
    figure_code: str
    tutorial_downloads: str
    colab: str
    resources: str
    install: str
    # errata
    errata_about: str
    severities: dict[str, str]
    claim: str
    correction: str
    section: str
    see: str
    # reference
    reference_about: str
    module: str
    what: str
    # upkeep
    upkeep: str
    publishing: str
    faults: str
    faults_about: str
    fault: str
    lost: str
    outcomes: dict[str, str]
    """How a key ends that a fault struck: a state, a reason for no answer, or answered."""
    # oracles
    oracles: str
    oracles_about: str
    oracles_limits: str
    oracles_columns: tuple[str, ...]
    oracle_definition: str
    oracle_equal: str
    oracle_relative: str
    """Of a tolerance that is a share of the oracle's number."""
    # speed
    speed: str
    speed_about: str
    speed_columns: tuple[str, ...]
    speed_machine: str
    speed_refresh: str
    speed_refresh_about: str
    speed_refresh_columns: tuple[str, ...]
    speed_explorer: str
    speed_explorer_about: str
    speed_explorer_columns: tuple[str, ...]
    speed_site: str
    speed_site_about: str
    audit: str
    audit_about: str
    audit_columns: tuple[str, ...]
    # glossary
    glossary_about: str
    chinese: str
    english: str
    note: str


STATES_ZH = {
    State.OK: "正常",
    State.RENAMED: "已改名",
    State.ARCHIVED: "已归档",
    State.DISABLED: "已停用",
    State.WITHDRAWN: "已撤稿",
    State.REPLACED: "已被取代",
    State.NOT_FOUND: "找不到",
    State.GONE: "已撤下",
    State.BLOCKED: "被屏蔽",
    State.UNKNOWN: "未知",
}

KINDS_ZH: dict[Kind, str] = {
    "book": "书",
    "course": "课程",
    "paper": "论文",
    "tool": "工具",
    "model": "模型",
    "dataset": "数据集",
    "blog": "博客",
    "community": "社区",
    "conference": "会议",
    "report": "报告",
}

ZH = Words(
    site_name="AIGC 从入门到实战",
    description="生成式 AI 的中文参考站：公式连着代码，数字来自真实运行，资源有人核对、有脚本盯着。",
    home="首页",
    tutorials="教程",
    catalogue="资源",
    reference="参考",
    errata="勘误",
    contributing="参与",
    contribute="怎样参与",
    glossary="术语表",
    headline=("读懂公式，跑通代码，", "找到资料。"),
    lead="生成式 AI 的中文参考站：每个公式都连着实现它的函数，每个数字都来自一次真实运行，每条资源都写明为什么值得看。",
    start="跑起一个 GAN",
    ways="或选你的路：",
    doors=(
        (
            "练",
            "教程，笔记本就能跑",
            "真实数据、一个 CPU 核、几分钟；结果随代码提交，可下载后自己重跑。",
            "tutorials/index.md",
        ),
        ("找", "资源，核对到日", "论文、工具、书、课程、博客；为什么选它、给谁看，一句话说清。", "catalogue/index.md"),
        ("查", "参考，公式对着代码", "一个技术一个文件，从头读到尾；每个都与独立实现对照过。", "reference/index.md"),
    ),
    strip_resources="资源 <b>{}</b> 条",
    strip_papers="论文 <b>{}</b> 篇",
    strip_tutorials="教程 <b>{}</b> 个，全部已运行",
    strip_parity="与独立实现对照 <b>{}</b> 项",
    strip_checked="资料截至 <b>{}</b>",
    catalogue_about="共 {} 条。每条都用一句话说明为什么选它、适合谁；仓库与论文的近况由脚本抓取，注明日期。",
    kinds=KINDS_ZH,
    one=KINDS_ZH,
    kinds_about={
        "book": "能从头读到尾的书，先看是否免费、是哪一版。",
        "course": "公开课：有讲义、有作业，大多免费。",
        "paper": "按主题排好，每篇都说明该为什么去读它。",
        "tool": "写代码时用得上的库和程序，附仓库近况。",
        "model": "权重可以下载的模型，留意许可证。",
        "dataset": "训练集与评测集，分清用途再下载。",
        "blog": "持续更新、值得订阅的博客。",
        "community": "提问、讨论、找同伴的地方。",
        "conference": "每年什么时候投稿、什么时候开。",
        "report": "年度报告与法规，了解全局用。",
    },
    by_kind="按类型",
    by_topic="按主题",
    everything="全部资源",
    levels={"beginner": "入门", "intermediate": "进阶", "research": "研究"},
    access={"free": "免费", "partly-free": "部分免费", "paid": "付费"},
    languages={"zh": "中文", "en": "英文", "mul": "多语言", "ja": "日文"},
    states=STATES_ZH,
    of_code="代码{}",
    of_link="链接{}",
    idle="久未更新",
    idle_about="核对之前的 18 个月里没有提交，或自述文件已写明不再维护",
    unchecked="待核实：{}",
    unchecked_about="这几项还没有找到可靠来源",
    fields={
        "title": "标题",
        "title_zh": "中文标题",
        "title_en": "英文标题",
        "url": "网址",
        "languages": "语言",
        "code": "代码仓库",
        "authors": "作者",
        "editions": "版本",
        "arxiv": "arXiv 编号",
        "doi": "DOI",
        "published": "日期",
        "venue": "发表处",
        "access": "是否免费",
        "license": "许可证",
        "organization": "机构",
        "instructors": "讲师",
        "weights": "权重",
        "use": "用途",
        "year": "年份",
        "feed": "订阅源",
        "feeds": "订阅源",
        "full_name": "全称",
        "cycle": "周期",
        "publisher": "发布者",
        "level": "程度",
        "topics": "主题",
    },
    uses={"training": "训练集", "benchmark": "评测集"},
    downloads={
        "catalogue.json": "JSON",
        "catalogue.schema.json": "JSON 的模式",
        "catalogue.csv": "CSV 表格",
        "papers.bib": "论文的 BibTeX",
        "papers.csl.json": "论文的 CSL-JSON",
        "blogs.opml": "博客订阅源（OPML）",
        "conferences.ics": "会议日历（iCal）",
        "feed.xml": "订阅新增（Atom）",
        "changes.xml": "订阅变动（Atom）",
    },
    downloads_before="带走这份目录：",
    columns=(
        *(
            "编号",
            "类型",
            "标题",
            "中文标题",
            "网址",
            "主题",
            "程度",
            "语言",
            "是否免费",
            "许可证",
            "年份",
            "为什么选它",
        ),
        *(
            "注意",
            "状态",
            "代码仓库",
            "星数",
            "最近活跃",
            "最新版本",
            "arXiv 编号",
            "arXiv 版本",
            "核对日期",
            "收录日期",
        ),
    ),
    feed_title="新增资源",
    changes_title="资源变动",
    changed="{title}：{state}",
    opml_title="AIGC 博客",
    calendar_title="AIGC 会议",
    shelves="类型与主题",
    filter="筛选",
    find="标题、作者、理由、拼音首字母",
    facets={
        "kind": "类型",
        "topic": "主题",
        "level": "程度",
        "free": "费用",
        "language": "语言",
        "state": "状态",
        "year": "年份",
    },
    state_names={
        **{state.value: name for state, name in STATES_ZH.items()},
        "idle": "代码久未更新",
        "unknown": "尚未核对",
    },
    sort="排序",
    sorts={
        "curated": "推荐顺序",
        "newest": "最新在前",
        "stars": "星最多",
        "rising": "近期上升",
        "active": "最近活跃",
        "checked": "最近核对",
    },
    shown="{} 条",
    more="再看一些",
    nothing_found="没有符合条件的资源，少选几项试试。",
    reset="清除条件",
    and_others="等",
    between_names="、",
    implemented="实现",
    tutorial="教程",
    erratum="勘误",
    first_version="初版",
    stars="{} 星",
    last_commit="最近提交",
    commits_in_year="一年 {} 次提交",
    release="版本",
    checked_on="核对于 {date}（{source}）",
    sources={
        "arxiv": "arXiv",
        "github": "GitHub",
        "git-history": "git 历史",
        "arxiv-copies": "arXiv 公开副本",
        "links": "网页",
    },
    growth="星数：{1} 有 {0:,} 颗，{3} 有 {2:,} 颗",
    details="详情",
    details_of="{} 的详情",
    open="前往原站",
    code="代码仓库",
    here="在本站",
    entry_facts="基本情况",
    added="收录日期",
    fetched="近况",
    latest_version="最新版本",
    categories="arXiv 分类",
    remark="作者附注",
    journal="期刊",
    star_count="星数",
    risen="一个月内新增",
    commits_a_year="一年内提交",
    main_language="编程语言",
    code_license="代码许可证",
    state="状态",
    between_facts="；",
    versions="历次版本",
    seen_on="{} 见到",
    tutorials_about="每个教程都是一个能运行的文件：页面上的数字、表格和图都出自最近一次运行，代码一改就必须重跑。",
    minutes="约 {} 分钟",
    facts="在一个 CPU 核上约 {minutes} 分钟 · {data}",
    prerequisites="先读：{}",
    timeline="时间线",
    timeline_about="{} 篇论文，按主题排在时间轴上；实心的点在 aigc_ref 里有实现。图下的列表内容相同。",
    news="新鲜事",
    news_about="目录里什么变了、新收了什么，以及按主题搜索找到的新论文和上升最快的仓库。",
    news_changed="有变化的",
    news_added="新收入的",
    field_news="领域里的新东西",
    no_field_news="还没有搜索结果：运行一次 python tools/refresh_resources.py，这里就会列出 watch.yaml 里各个搜索找到的论文和仓库。",
    gained="新增 {}",
    paths="学习路径",
    paths_about="五种读者，五条路。每一步都写明走完之后能做什么；教程在本站运行，资源在目录里有人核对。",
    tutorial_kind="教程",
    answer="答案",
    figure_code="这张图的代码",
    tutorial_downloads="下载：[Python 脚本]({py}) · [Jupyter 笔记本]({ipynb})",
    colab="[在 Colab 打开]({url})",
    resources="参考资源",
    install="安装本教程用到的包",
    errata_about="本站源自一篇介绍 AIGC 的中文文章，这里逐条列出文中的错误：原来怎么说，为什么不对，应该是什么。",
    severities={"high": "严重", "medium": "一般", "low": "轻微"},
    claim="原文",
    correction="更正",
    section="原文第 {} 节",
    see="参见",
    reference_about="`aigc_ref` 的接口说明，由源代码里的文档字符串生成（英文）。一个技术一个文件，每个文件都在测试里与独立的库对照。",
    module="模块",
    what="内容",
    upkeep="目录怎样保持真实",
    publishing="发布",
    faults="故障表",
    faults_about="每一种故障都在按 arXiv 和 GitHub 的规则应答的替身服务器上真的试过：先好好刷新一次，再让故障发生，"
    "然后数一数已知的事实少了几条。共 {tried} 次，丢了 {lost} 条：没有回答时，已知的原样保留。这张表由测试运行写成，过期会让测试失败。",
    fault="故障",
    lost="丢失",
    outcomes={
        "answered": "照常得到回答",
        "unreachable": "连不上",
        "timed out": "超时",
        "rate limited": "被限速",
        "token refused": "令牌被拒",
        "refused": "被拒绝",
        "server error": "对方出错",
        "malformed answer": "回答不成样子",
        "implausible answer": "回答不可信",
        "renamed": "记为已改名",
        "archived": "记为已归档",
        "disabled": "记为已停用",
        "withdrawn": "记为已撤稿",
        "replaced": "记为已被取代",
        "blocked": "记为被屏蔽",
    },
    oracles="与谁核对",
    oracles_about="同样的输入，交给我们的实现，也交给一份独立的实现（测试里叫 oracle，参照），看两边的结果差多少。"
    "与 {libraries} 个库对照，通过 {cases} 项；下表由测试运行数出。自己跑一遍：`make comparisons`。",
    oracles_limits="一项，是一个测试用例与一份参照的一次对照；带多组参数的测试，一组算一项，一项里往往有成百组随机输入。"
    "「容许误差」是测试放行的最大差距，不是测得的差距。对照通过，说明在试过的输入上两边一致；没试过的输入说明不了，"
    "两边犯了同一个错也看不出来。另有 {definitions} 项是与测试里照定义写出的公式或手算的值比较：两边是同一批人写的，不算独立，不计入上面的数。",
    oracles_columns=("技术", "参照", "容许误差", "项数"),
    oracle_definition="测试里写出的定义",
    oracle_equal="完全相等",
    oracle_relative="{}（相对）",
    speed="有多快",
    speed_about="同一件事，我们和别人各做一遍，比较所用的 CPU 时间。两者在同一个进程里轮流跑，单线程，结果先核对一致；"
    "机器忙闲对双方一样，所以看比值，不看秒数。",
    speed_columns=("做什么", "和谁比", "快几倍", "目标"),
    speed_machine="{date} 在 {processor} 上测得（bfloat16：{bfloat16}），Python {python}，{libraries}。"
    "自己跑一遍：`make bench`。",
    speed_refresh="刷新目录要多久",
    speed_refresh_about="替身服务器按 arXiv 和 GitHub 的真实延迟应答，我们也照真实服务的限速来问。自己跑一遍：`make bench-refresh`。",
    speed_refresh_columns=("怎么做", "请求", "用时", "内存"),
    speed_explorer="在目录里挑选要多久",
    speed_explorer_about="在 Chromium 里打字、勾选、换排序，从动作到画面更新完；「最多」指 100 步里的 95 步都不超过它。"
    "大目录由现有条目复制而成。自己跑一遍：`make bench-explorer`。",
    speed_explorer_columns=("做什么", "中位数", "最多", "目标"),
    speed_site="构建整站要多久",
    speed_site_about="两核机器上的实际用时，含全部教程、接口文档和每条资源一页，中英文由两个进程同时构建。"
    "改文字时不重新渲染接口文档，改中文不动英文。自己跑一遍：`make bench-site`。",
    audit="在慢手机上看",
    audit_about="Lighthouse 模拟一部慢手机，打开发布后的页面，每项满分 100；性能取三次的中位数。"
    "全部 {:,} 个页面还经过 HTML 校验，没有一处错误。自己跑一遍：`make audit`。",
    audit_columns=("页面", "性能", "无障碍", "最佳实践", "搜索", "主要内容出现"),
    glossary_about="本站统一的译名。正文里术语首次出现时附英文，之后只用中文。",
    chinese="中文",
    english="英文",
    note="说明",
)

STATES_EN = {
    State.OK: "ok",
    State.RENAMED: "renamed",
    State.ARCHIVED: "archived",
    State.DISABLED: "disabled",
    State.WITHDRAWN: "withdrawn",
    State.REPLACED: "replaced",
    State.NOT_FOUND: "not found",
    State.GONE: "gone",
    State.BLOCKED: "blocked",
    State.UNKNOWN: "unknown",
}

EN = Words(
    site_name="AIGC from the ground up",
    description="A reference on generative AI: formulas tied to code, numbers from real runs, resources that are checked.",
    home="Home",
    tutorials="Tutorials",
    catalogue="Resources",
    reference="Reference",
    errata="Errata",
    contributing="Contributing",
    contribute="How to contribute",
    glossary="Glossary",
    headline=("Read the formula,", "run the code,", "find the sources."),
    lead="A reference on generative AI: every formula leads to the function that computes it, every number comes from a "
    "real run, and every resource says why it is worth your time.",
    start="Run a GAN",
    ways="Or take the path that is yours: ",
    doors=(
        (
            "练",
            "Tutorials that run on a laptop",
            "Real data, one CPU core, a few minutes. The results are committed with the code; download and rerun them.",
            "tutorials/index.md",
        ),
        (
            "找",
            "Resources, checked and dated",
            "Papers, tools, books, courses, blogs; one sentence each on why this one, and for whom.",
            "catalogue/index.md",
        ),
        (
            "查",
            "Reference, formula beside code",
            "One technique a file, to be read from top to bottom; each compared with an independent implementation.",
            "reference/index.md",
        ),
    ),
    strip_resources="<b>{}</b> resources",
    strip_papers="<b>{}</b> papers",
    strip_tutorials="<b>{}</b> tutorials, all of them run",
    strip_parity="<b>{}</b> comparisons with independent code",
    strip_checked="data as of <b>{}</b>",
    catalogue_about="{} resources. One sentence each says why this one and for whom; what repositories and papers are "
    "doing is fetched by a script and dated.",
    kinds={
        "book": "Books",
        "course": "Courses",
        "paper": "Papers",
        "tool": "Tools",
        "model": "Models",
        "dataset": "Datasets",
        "blog": "Blogs",
        "community": "Communities",
        "conference": "Conferences",
        "report": "Reports",
    },
    one={
        "book": "book",
        "course": "course",
        "paper": "paper",
        "tool": "tool",
        "model": "model",
        "dataset": "dataset",
        "blog": "blog",
        "community": "community",
        "conference": "conference",
        "report": "report",
    },
    kinds_about={
        "book": "Books to read from cover to cover; see first which are free, and which edition.",
        "course": "Open courses with notes and assignments, most of them free.",
        "paper": "Sorted by topic; each says what you will get from reading it.",
        "tool": "Libraries and programs for your own code, with how their repositories are doing.",
        "model": "Models whose weights you can download; mind the licence.",
        "dataset": "Training sets and benchmarks; know which is which before you download.",
        "blog": "Blogs that are kept up and worth a subscription.",
        "community": "Where to ask, discuss and find company.",
        "conference": "When papers are due and when people meet.",
        "report": "Yearly reports and regulation, for the whole picture.",
    },
    by_kind="By kind",
    by_topic="By topic",
    everything="All resources",
    levels={"beginner": "Beginner", "intermediate": "Intermediate", "research": "Research"},
    access={"free": "Free", "partly-free": "Partly free", "paid": "Paid"},
    languages={"zh": "Chinese", "en": "English", "mul": "Many languages", "ja": "Japanese"},
    states=STATES_EN,
    of_code="code {}",
    of_link="link {}",
    idle="idle",
    idle_about="No commit in the 18 months before it was checked, or its README says that it is not maintained",
    unchecked="Unchecked: {}",
    unchecked_about="No reliable source has confirmed these yet",
    fields={
        "title": "title",
        "title_zh": "Chinese title",
        "title_en": "English title",
        "url": "address",
        "languages": "languages",
        "code": "repository",
        "authors": "authors",
        "editions": "editions",
        "arxiv": "arXiv number",
        "doi": "DOI",
        "published": "date",
        "venue": "venue",
        "access": "price",
        "license": "licence",
        "organization": "organisation",
        "instructors": "teachers",
        "weights": "weights",
        "use": "use",
        "year": "year",
        "feed": "feed",
        "feeds": "feeds",
        "full_name": "full name",
        "cycle": "cycle",
        "publisher": "publisher",
        "level": "level",
        "topics": "topics",
    },
    uses={"training": "For training", "benchmark": "Benchmark"},
    downloads={
        "catalogue.json": "JSON",
        "catalogue.schema.json": "schema of the JSON",
        "catalogue.csv": "CSV table",
        "papers.bib": "BibTeX of the papers",
        "papers.csl.json": "CSL-JSON of the papers",
        "blogs.opml": "feeds of the blogs (OPML)",
        "conferences.ics": "conference calendar (iCal)",
        "feed.xml": "follow additions (Atom)",
        "changes.xml": "follow changes (Atom)",
    },
    downloads_before="Take the catalogue with you: ",
    columns=(
        *("id", "kind", "title", "English title", "address", "topics", "level", "languages", "price", "licence"),
        *("year", "why", "note", "state", "repository", "stars", "last active", "latest release", "arXiv number"),
        *("arXiv version", "checked", "added"),
    ),
    feed_title="New resources",
    changes_title="Changes of resources",
    changed="{title}: {state}",
    opml_title="AIGC blogs",
    calendar_title="AIGC conferences",
    shelves="Kinds and topics",
    filter="Filter",
    find="Title, author, reason",
    facets={
        "kind": "Kind",
        "topic": "Topic",
        "level": "Level",
        "free": "Price",
        "language": "Language",
        "state": "State",
        "year": "Year",
    },
    state_names={
        **{state.value: name for state, name in STATES_EN.items()},
        "idle": "idle code",
        "unknown": "not checked yet",
    },
    sort="Sort",
    sorts={
        "curated": "Recommended",
        "newest": "Newest first",
        "stars": "Most stars",
        "rising": "Rising",
        "active": "Recently active",
        "checked": "Recently checked",
    },
    shown="{} shown",
    more="Show more",
    nothing_found="Nothing fits; take a filter away.",
    reset="Clear",
    and_others="et al.",
    between_names=", ",
    implemented="Implemented in",
    tutorial="Tutorial",
    erratum="Erratum",
    first_version="first version",
    stars="{} stars",
    last_commit="last commit",
    commits_in_year="{} commits in a year",
    release="release",
    checked_on="checked {date} ({source})",
    sources={
        "arxiv": "arXiv",
        "github": "GitHub",
        "git-history": "git history",
        "arxiv-copies": "public copies of arXiv",
        "links": "web",
    },
    growth="stars: {0:,} on {1}, {2:,} on {3}",
    details="Details",
    details_of="Details of {}",
    open="Go to it",
    code="Repository",
    here="On this site",
    entry_facts="About it",
    added="in the catalogue since",
    fetched="How it is doing",
    latest_version="latest version",
    categories="arXiv categories",
    remark="authors' comment",
    journal="journal",
    star_count="stars",
    risen="gained in a month",
    commits_a_year="commits in a year",
    main_language="programming language",
    code_license="licence of the code",
    state="state",
    between_facts="; ",
    versions="Versions",
    seen_on="seen on {}",
    tutorials_about="A tutorial is one file that runs: its numbers, tables and figures come from the last run, and a change "
    "of the code demands another.",
    minutes="About {} minutes",
    facts="About {minutes} minutes on one CPU core · {data}",
    prerequisites="Read before: {}",
    timeline="Timeline",
    timeline_about="{} papers in time, a row for each topic; a filled dot is implemented in aigc_ref. The list below says the same.",
    news="News",
    news_about="What changed in the catalogue, what was added, and which new papers and rising repositories its searches found.",
    news_changed="Changed",
    news_added="Added",
    field_news="New in the field",
    no_field_news="No search has been run yet: after python tools/refresh_resources.py, the papers and repositories found by watch.yaml stand here.",
    gained="{} more",
    paths="Learning paths",
    paths_about="Five readers, five ways. Each step says what you can do after it; tutorials run here, resources are checked in the catalogue.",
    tutorial_kind="tutorial",
    answer="Answer",
    figure_code="Code of this figure",
    tutorial_downloads="Download: [Python script]({py}) · [Jupyter notebook]({ipynb})",
    colab="[Open in Colab]({url})",
    resources="Resources",
    install="Install what this tutorial uses",
    errata_about="This site grew out of a Chinese introduction to AIGC. Here is what that text got wrong: what it said, why "
    "that is not so, and what is right.",
    severities={"high": "serious", "medium": "moderate", "low": "minor"},
    claim="It said",
    correction="Right is",
    section="Section {} of the article",
    see="See",
    reference_about="The interface of `aigc_ref`, made from the docstrings of its source. One technique a file; the tests "
    "compare each with an independent library.",
    module="Module",
    what="What it holds",
    upkeep="How the catalogue is kept true",
    publishing="Publishing",
    faults="Table of faults",
    faults_about="Each fault was tried for real on stand-in servers that follow the rules of arXiv and GitHub: a good "
    "refresh first, then the fault, then a count of the facts that went missing. {tried} trials, {lost} facts lost: what gets no answer stays as it was known. "
    "The run of the tests writes this table; a test fails when it is out of date.",
    fault="Fault",
    lost="Lost",
    outcomes={
        "answered": "answered all the same",
        "unreachable": "unreachable",
        "timed out": "timed out",
        "rate limited": "rate limited",
        "token refused": "token refused",
        "refused": "refused",
        "server error": "server error",
        "malformed answer": "malformed",
        "implausible answer": "implausible",
        "renamed": "marked renamed",
        "archived": "marked archived",
        "disabled": "marked disabled",
        "withdrawn": "marked withdrawn",
        "replaced": "marked replaced",
        "blocked": "marked blocked",
    },
    oracles="Checked against",
    oracles_about="Our implementation and an independent one, which testers call the oracle, get the same input, and the "
    "results are compared. {cases} comparisons with {libraries} libraries passed; a run of the tests counted them. "
    "Count them yourself: `make comparisons`.",
    oracles_limits="A comparison is one test case held against one oracle. A test with several sets of parameters has a "
    "case for each, and one case often tries hundreds of random inputs. The tolerance is the largest difference that "
    "the test allows, not the one that was measured. A comparison that passes says that both agree on the inputs "
    "tried: it says nothing about other inputs, and a mistake that both make goes unseen. {definitions} more "
    "comparisons are with a definition written out in the test or a value worked out by hand. The same people wrote "
    "both sides, so these are not independent and not part of the count above.",
    oracles_columns=("Technique", "Oracle", "Tolerance", "Comparisons"),
    oracle_definition="definition in the test",
    oracle_equal="equal",
    oracle_relative="{} (relative)",
    speed="How fast it is",
    speed_about="The same work, done by ours and by a peer, compared in CPU time. The two take turns in one process with "
    "one thread, after a check that their results agree; a busy machine slows both alike, so read the ratios and not "
    "the seconds.",
    speed_columns=("Work", "Against", "Times as fast", "Goal"),
    speed_machine="Measured on {date} on {processor} (bfloat16: {bfloat16}) with Python {python}, {libraries}. "
    "Run it yourself: `make bench`.",
    speed_refresh="How long a refresh takes",
    speed_refresh_about="Against stand-ins that take as long as arXiv and GitHub do, at the pace that the services ask "
    "for. Run it yourself: `make bench-refresh`.",
    speed_refresh_columns=("Way", "Requests", "Time", "Memory"),
    speed_explorer="How long it takes to choose from the catalogue",
    speed_explorer_about="Typing, ticking and sorting in Chromium, from the action until the frame is painted; 95 of 100 "
    "steps take no longer than “at most”. The large catalogues are made of copies. Run it: `make bench-explorer`.",
    speed_explorer_columns=("Work", "Median", "At most", "Goal"),
    speed_site="How long the site takes to build",
    speed_site_about="By the clock on two cores, with every tutorial, the reference and a page for each resource; two "
    "processes build the languages at once. An edit of prose renders the reference no second time, and one of Chinese "
    "prose leaves English alone. Run it: `make bench-site`.",
    audit="On a slow telephone",
    audit_about="Lighthouse plays a slow telephone and opens the published pages; 100 is the most of each, and performance "
    "is the median of three. All {:,} pages also pass the HTML validator without an error. Run it: `make audit`.",
    audit_columns=("Page", "Performance", "Accessibility", "Best practices", "Search engines", "Main content seen"),
    glossary_about="How this site renders the field's terms. Chinese pages give the English at the first mention, then use "
    "the Chinese alone.",
    chinese="Chinese",
    english="English",
    note="Note",
)

WORDS: dict[Language, Words] = {"zh": ZH, "en": EN}
