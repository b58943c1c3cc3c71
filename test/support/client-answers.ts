/** What the simulated servers are to say to the official clients. */
export const CITY = { name: 'Zürich', inhabitants: 440_000 };

export const ANSWERS = [
  {
    contains: 'weather and time',
    tool_calls: [
      { name: 'weather', arguments: { city: 'Zürich' } },
      { name: 'time', arguments: { city: '東京' } },
    ],
  },
  { contains: 'weather', tool_calls: [{ name: 'weather', arguments: { city: 'Paris' } }] },
  { contains: 'as JSON', content: JSON.stringify(CITY) },
  { contains: 'think', reasoning: 'Let me see.', content: 'Four 🎉.' },
  { afterToolResult: true, content: 'It is sunny.' },
];
