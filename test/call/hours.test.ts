import { expect } from '@open-wc/testing';
import { isOpenAt } from '../../src/call/hours.js';

/** 2026-11-26 is a Thursday. */
const at = (day: number, time: string) => new Date(`2026-11-${day}T${time}:00Z`);

describe('opening hours', () => {
  const office = 'Mo-Fr 09:00-17:00 Europe/Berlin';
  const cases: [hours: string, now: Date, isOpen: boolean | undefined][] = [
    [office, at(26, '07:59'), false],
    [office, at(26, '08:00'), true],
    [office, at(26, '15:59'), true],
    [office, at(26, '16:00'), false],
    [office, at(28, '10:00'), false],
    // Summer time.
    [office, new Date('2026-07-01T07:30:00Z'), true],
    ['Mo-Fr 09:00-17:00 UTC', at(26, '09:00'), true],
    ['Mo-Fr 09:00-17:00 Asia/Kolkata', at(26, '03:30'), true],
    ['Mo,We-Th 9:00-12:00,13:00-17:00 UTC', at(26, '11:59'), true],
    ['Mo,We-Th 9:00-12:00,13:00-17:00 UTC', at(26, '12:30'), false],
    ['Mo,We-Th 9:00-12:00, 13:00-17:00 UTC', at(24, '10:00'), false],
    ['Mo-Fr 08:00-18:00; Sa 10:00-14:00 UTC', at(28, '13:59'), true],
    ['Mo-Fr 08:00-18:00; Sa 10:00-14:00 UTC', at(29, '13:00'), false],
    // Over midnight, and over the end of the week.
    ['Fr 22:00-02:00 UTC', at(28, '01:59'), true],
    ['Fr 22:00-02:00 UTC', at(28, '02:00'), false],
    ['Sa 22:00-02:00 UTC', at(29, '01:00'), true],
    ['Fr-Mo 10:00-12:00 UTC', at(29, '11:00'), true],
    ['Fr-Mo 10:00-12:00 UTC', at(25, '11:00'), false],
    ['Mo-Su 00:00-24:00 UTC', at(26, '23:59'), true],
    ['Mo-Su 00:00-00:00 UTC', at(26, '12:00'), true],
    ['always', at(26, '12:00'), undefined],
    ['', at(26, '12:00'), undefined],
    ['Mo-Fr 09:00-17:00 Nowhere/Atlantis', at(26, '12:00'), undefined],
    ['Mo-Fr 09:00 UTC', at(26, '12:00'), undefined],
    ['Mo-Fr 09:00-17:00; never UTC', at(26, '12:00'), undefined],
  ];
  for (const [hours, now, isOpen] of cases) {
    it(`${hours}: ${isOpen} on ${now.toISOString()}`, () => expect(isOpenAt(hours, now)).to.equal(isOpen));
  }

  it('are those of the visitor where no time zone is named', () => {
    const now = new Date(2026, 10, 26, 12, 0);
    expect(isOpenAt('Th 12:00-12:01', now)).to.equal(true);
    expect(isOpenAt('Th 12:01-12:02', now)).to.equal(false);
  });
});
