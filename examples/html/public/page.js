const call = document.querySelector('synthflow-call');
const output = document.querySelector('output');

// What is no string is set from a script. The script of the tag may come later: it takes over what is there.
call.labels = { start: 'Talk to support' };

call.addEventListener('synthflow-start', () => {
  output.value = 'You are talking';
});
call.addEventListener('synthflow-end', ({ reason, duration }) => {
  output.value = `Ended by ${reason} after ${duration.toFixed()} s`;
});

// An element that leaves the page hangs up.
document.querySelector('#close').addEventListener('click', () => call.remove());
