import { Component, CUSTOM_ELEMENTS_SCHEMA, signal } from '@angular/core';
import type { CallEndEvent } from 'synthflow-call';
import 'synthflow-call';

@Component({
  selector: 'app-root',
  schemas: [CUSTOM_ELEMENTS_SCHEMA],
  templateUrl: './app.html',
})
export class App {
  readonly labels = { start: 'Talk to support' };
  readonly isOpen = signal(true);
  readonly news = signal('No call yet');

  onEnd({ reason, duration }: CallEndEvent): void {
    this.news.set(`Ended by ${reason} after ${duration.toFixed()} s`);
  }
}
