'use strict';
// The pages work without it: it shows times in the browser's own zone, and asks before what cannot be taken back.
for (const time of document.querySelectorAll('time[datetime]')) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.title = at.toLocaleString() + ' (' + time.title + ')';
  }
}
for (const form of document.querySelectorAll('form[data-confirm]')) {
  form.addEventListener('submit', event => {
    if (!window.confirm(form.dataset.confirm)) {
      event.preventDefault();
    }
  });
}
