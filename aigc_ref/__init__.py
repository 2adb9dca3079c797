"""Reference implementations of generative AI: one technique, one file, each checked against an independent library.

What is public is a module; import what you need from it, as in `from aigc_ref.metrics.bleu import corpus_bleu`.

    datasets    where the tutorials' data comes from: fashion_mnist, poetry
    gan         losses, networks, train, toy
    text        datasets, collate, tokenizers
    lm          losses, generate
    finetune    causal_lm
    train       loop
    metrics     bleu, rouge, perplexity, tokenize
    figures     the site's look for matplotlib

Nothing is imported here, so that `aigc_ref.metrics.bleu` costs what it needs: no torch.
"""
