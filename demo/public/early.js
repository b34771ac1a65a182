/* Before the first paint: the page's language and theme. ?lang=, else what was chosen, else what the browser asks for. */
(function () {
  var root = document.documentElement;
  var kept = {};
  try {
    kept = { lang: localStorage.getItem('nextoken lang'), theme: localStorage.getItem('nextoken theme') };
  } catch (_) {
    /* storage may be refused */
  }
  var asked = new URLSearchParams(location.search).get('lang') || kept.lang || (navigator.languages || ['en'])[0] || 'en';
  root.lang = /^zh/i.test(asked) ? 'zh-Hans' : 'en';
  if (kept.theme === 'light' || kept.theme === 'dark') root.dataset.theme = kept.theme;
  root.classList.add('js');
})();
