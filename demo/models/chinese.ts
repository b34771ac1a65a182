/** What the cards say in English, in Chinese. A test sees that nothing is missing. */
export const CHINESE: Readonly<Record<string, string>> = {
  // texts and licences
  'Jane Austen: Sense and Sensibility, Pride and Prejudice, Mansfield Park, Emma, Northanger Abbey, Persuasion':
    '简·奥斯汀的六部小说：《理智与情感》《傲慢与偏见》《曼斯菲尔德庄园》《爱玛》《诺桑觉寺》《劝导》（英文原文）',
  'The Bible, King James Version of 1611, verse numbers removed': '《圣经》英王钦定本（1611 年），去掉了节号（英文）',
  'Complete Tang Poems (全唐诗), from chinese-poetry, converted to simplified characters':
    '《全唐诗》，取自 chinese-poetry，转换为简体字',
  'public domain': '公有领域',
  'public domain outside the United Kingdom': '公有领域（英国除外）',
  'poems: public domain; collection: MIT (chinese-poetry)': '诗歌：公有领域；汇编：MIT（chinese-poetry）',
  // machines
  'WebAssembly SIMD with fused multiply-add, 1 thread': 'WebAssembly SIMD（融合乘加），1 个线程',
  'one core of a shared two-core virtual machine, no GPU': '共用的双核虚拟机中的一个核，没有 GPU',
  // notes on the training
  'Before it, 4 layers × 128 (1.05 M parameters) without dropout had come to 3.41 nats per token after 6.1 M tokens, 0.26 above its training loss. So: a larger model, dropout, and half as many steps again.':
    '在它之前试过 4 层 × 128（105 万参数）、不用 dropout：读过 610 万个词元后为每词元 3.41 奈特，比训练损失高 0.26。因此换成更大的模型，加上 dropout，步数增加一半。',
  'The first 4,553 steps followed a rate planned for 11,000 steps. The clock ran on while training stood still for measurements, and up to three trainings shared two cores.':
    '前 4,553 步的学习率按 11,000 步的计划走。中途停下来测量时计时没有停，而且最多有三个训练共用两个核。',
  'Before it, 3 layers of GPT-2’s blocks (1.07 M parameters) had learned from 3.8 M tokens: 4.449 nats per token, with a training loss that was hardly lower. So: more steps, one layer more, and the rotary positions and gated MLP of `austen`.':
    '在它之前试过 3 层 GPT-2 结构（107 万参数），读过 380 万个词元：每词元 4.449 奈特，训练损失也低不了多少。因此增加步数，多加一层，并采用 `austen` 的旋转位置编码和门控 MLP。',
  'The first 712 steps followed a rate planned for 7,000 steps. The clock ran on while training stood still for measurements, and three trainings shared two cores.':
    '前 712 步的学习率按 7,000 步的计划走。中途停下来测量时计时没有停，而且有三个训练共用两个核。',
  'Two other texts were tried at this size. Shakespeare (1.1 MB) ended 0.05 bits per character below its best n-gram: too little text. Jane Austen (4 MB) was 0.07 below hers after 9,000 steps and heading for about 0.25.':
    '这个大小还试过另外两种文本。莎士比亚（1.1 MB）最终只比最好的 n-gram 低 0.05 比特/字符：文本太少。简·奥斯汀（4 MB）在 9,000 步后低 0.07，预计能到 0.25 左右。',
  'Planned for 16,000 steps, it ended 0.273 bits per character below its best n-gram, just short of the 0.3 that were wanted, and was trained on for that reason: the rate rose once more to a third of the peak and fell again, with plans for 26,000, 24,000 (from step 17,163) and 25,300 steps. When to stop was decided by the validation text. The clock ran on while training stood still for measurements, and up to three trainings shared two cores.':
    '原计划 16,000 步，结束时比最好的 n-gram 低 0.273 比特/字符，离想要的 0.3 差一点，所以继续训练：学习率再次升到峰值的三分之一，然后下降，计划先后为 26,000、24,000（从第 17,163 步起）和 25,300 步。何时停止由验证文本决定。中途停下来测量时计时没有停，而且最多有三个训练共用两个核。',
  // weaknesses
  'It knows grammar and manners, not facts: who is married to whom changes from sentence to sentence.':
    '它懂语法和腔调，不懂事实：谁和谁结了婚，每句话都不一样。',
  'Long sentences lose their subject; dialogue has no aim.': '长句会丢掉主语；对话没有目的。',
  'Anything after about 1815, and any text that is not English.': '1815 年以后的内容，以及任何不是英文的文本。',
  'Lines have the right length and tone of words, the poem as a whole has no story; rhyme comes and goes.':
    '每句的字数和用词都对，但整首诗没有故事；韵脚时有时无。',
  'Characters outside its 3,582 read as <unk> and are never written.': '它认识 3,582 个字；其他字读作 <unk>，也不会写出来。',
  'Modern Chinese: everything becomes a Tang poem.': '现代汉语：什么都会变成唐诗。',
  'It spells words and keeps the tone; what happens in a verse has no sense.': '单词拼得对，语气也像；但一节里发生的事没有道理。',
  'It sees 256 characters, so it forgets who speaks after two verses.': '它只看得到 256 个字符，两节之后就忘了是谁在说话。',
};

/** Titles of models in the other language. */
export const TITLES: Readonly<Record<string, readonly [string, string]>> = {
  austen: ['Jane Austen', '简·奥斯汀'],
  'char-mini': ['King James Bible, by character', '英王钦定本圣经（按字符）'],
  tang: ['Tang poems', '唐诗'],
};
