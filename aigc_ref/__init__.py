"""Reference implementations of generative AI: one technique, one file, each checked against an independent library.

What is public is a module; import what you need from it, as in `from aigc_ref.metrics.bleu import corpus_bleu`.

    datasets    fashion_mnist, poetry, encoders (packaged, for work offline), pruning (of a vocabulary)
    text        datasets, collate, packing, sampling (buckets, token budgets), tokenizers, conll
    lm          gpt (with a cache of keys and values), gpt2, losses, generate, beam_search
    gan         losses, penalties, networks, train, toy
    selfsup     mlm, rotation, probe
    peft        lora, adalora, allocation, adapter, layers, files, peft_format
    finetune    causal_lm, token_classification, sequence_classification; each is a command, too
    train       loop; recipe, validation, checkpoint and record, which it is made of
    metrics     bleu, chrf, rouge, ner, perplexity, diversity; bertscore, mauve, frechet, kernel_distance,
                inception_score, prdc; `python -m aigc_ref.metrics` is a command
    figures     the site's look for matplotlib

Nothing is imported here, so that `aigc_ref.metrics.bleu` costs what it needs: no torch. What needs more than Python has
it from the extra `train`: `pip install 'aigc-ref[train]'`.
"""
