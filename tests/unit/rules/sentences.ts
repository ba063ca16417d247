// Sentences and what they mean: the intent of each clause, then the arguments of each call it leads to. Tuesday
// 24 November 2026, noon in Tallinn, British English.

export type Meaning = readonly [intent: string, ...calls: Readonly<Record<string, unknown>>[]];

export const sentences: readonly (readonly [sentence: string, meaning: readonly Meaning[]])[] = [
  [
    "Lunch with Sara tomorrow at 1pm at Chipotle, paid $23.50, remember she is vegetarian",
    [
      ["calendar.add", { title: "Lunch with Sara", date: "2026-11-25", time: "13:00", place: "Chipotle", people: ["Sara"] }],
      ["expense.add", { amount: "23.50", currency: "USD", vendor: "Chipotle", date: "2026-11-24" }],
      ["fact.add", { subject: "Sara", statement: "Sara is vegetarian." }],
    ],
  ],
  ["what do I know about Sara?", [["memory.ask", { query: "Sara", subject: "Sara" }]]],
  ["how much did I spend this week?", [["expense.ask", { from: "2026-11-23", to: "2026-11-29" }]]],
  ["what is on tomorrow?", [["calendar.ask", { from: "2026-11-25", to: "2026-11-25" }]]],
  [
    "find the TODOs in ./core and remember the three oldest",
    [["files.search", { path: "./core", pattern: "TODO", sort: "oldest", limit: 3 }]],
  ],
  ["summarise README.md", [["files.summarise", { path: "README.md" }]]],
  [
    "Lunhc with Tom tomorow at 1pm, spnet €12,50 at Lidl, remmember he hates olives",
    [
      ["calendar.add", { title: "Lunch with Tom", date: "2026-11-25", time: "13:00", people: ["Tom"] }],
      ["expense.add", { amount: "12.50", currency: "EUR", vendor: "Lidl", date: "2026-11-24" }],
      ["fact.add", { subject: "Tom", statement: "Tom hates olives." }],
    ],
  ],
  [
    "Dinner with Anna and Ben next Friday at half past six at Noma",
    [["calendar.add", { title: "Dinner with Anna and Ben", date: "2026-12-04", time: "18:30", place: "Noma", people: ["Anna", "Ben"] }]],
  ],
  [
    "dentist appointment on Friday at 9",
    [["calendar.add", { title: "Dentist appointment", date: "2026-11-27", time: "09:00", people: [] }]],
  ],
  ["call mum at 5pm", [["calendar.add", { title: "Call mum", date: "2026-11-24", time: "17:00", people: ["mum"] }]]],
  ["remind me to pay rent on the 1st", [["reminder.add", { text: "Pay rent", when: "2026-12-01T09:00" }]]],
  ["remind me to call Ann tomorrow at 3pm", [["reminder.add", { text: "Call Ann", when: "2026-11-25T15:00" }]]],
  ["remind me at 18:30 to take out the bins", [["reminder.add", { text: "Take out the bins", when: "2026-11-24T18:30" }]]],
  ["remind me in 20 minutes to turn off the oven", [["reminder.add", { text: "Turn off the oven", when: "2026-11-24T10:20:00.000Z" }]]],
  ["remind me in an hour and a half about the laundry", [["reminder.add", { text: "Laundry", when: "2026-11-24T11:30:00.000Z" }]]],
  ["remind me at midnight to breathe", [["reminder.add", { text: "Breathe", when: "2026-11-25T00:00" }]]],
  ["remind me on 03/04/2027 to file taxes", [["reminder.add", { text: "File taxes", when: "2027-04-03T09:00" }]]],
  ["remind me every day at 9 to stretch", [["reminder.add", { text: "Stretch", when: "2026-11-25T09:00" }]]],
  ["remind me to call Ann tomorrow at 9am and to buy milk at 10am", [["unable"]]],
  ["remind me to call Anna in 1 minute and Bob in 2 minutes", [["unable"]]],
  ["remind me to call Bo at 3pm UTC tomorrow", [["reminder.add", { text: "Call Bo", when: "2026-11-25T17:00" }]]],
  ["remind me at 5pm CET to call Bo", [["reminder.add", { text: "Call Bo", when: "2026-11-24T18:00" }]]],
  ["remind me at 10am EST to call Bo", [["reminder.add", { text: "Call Bo", when: "2026-11-24T17:00" }]]],
  ["remind me at 9pm EST to call Bo", [["reminder.add", { text: "Call Bo", when: "2026-11-25T04:00" }]]],
  ["remind me at 5pm Tokyo time to call Bo", [["unable"]]],
  ["what reminders do I have?", [["reminder.ask", {}]]],
  [
    "I spent 12 euros on coffee and 30 on groceries",
    [
      [
        "expense.add",
        { amount: "12", currency: "EUR", category: "coffee", date: "2026-11-24" },
        { amount: "30", currency: "EUR", category: "groceries", date: "2026-11-24" },
      ],
    ],
  ],
  [
    "paid 1.234,56 € for the laptop yesterday",
    [["expense.add", { amount: "1234.56", currency: "EUR", category: "laptop", date: "2026-11-23" }]],
  ],
  ["£8 for parking", [["expense.add", { amount: "8", currency: "GBP", category: "parking", date: "2026-11-24" }]]],
  [
    "20 bucks for pizza at Joe's",
    [["expense.add", { amount: "20", currency: "USD", vendor: "Joe's", category: "pizza", date: "2026-11-24" }]],
  ],
  [
    "CHF 30 taxi from the airport",
    [["expense.add", { amount: "30", currency: "CHF", vendor: "the airport", category: "taxi", date: "2026-11-24" }]],
  ],
  ["Tom's birthday is on 12 May", [["fact.add", { subject: "Tom", statement: "Tom's birthday is on 12 May." }]]],
  ["Anna likes jazz and hates mushrooms", [["fact.add", { subject: "Anna", statement: "Anna likes jazz and hates mushrooms." }]]],
  ["my wifi password is hunter2", [["fact.add", { subject: "me", statement: "Your wifi password is hunter2." }]]],
  ["I am allergic to nuts", [["fact.add", { subject: "me", statement: "You are allergic to nuts." }]]],
  ["note: buy milk", [["note.add", { text: "Buy milk" }]]],
  ["remember to buy milk tomorrow", [["calendar.add", { title: "Buy milk", date: "2026-11-25", people: [] }]]],
  ["remember that the boiler code is 4711", [["fact.add", { subject: "boiler code", statement: "The boiler code is 4711." }]]],
  ["what's my wifi password?", [["memory.ask", { query: "wifi password" }]]],
  ["who is vegetarian?", [["memory.ask", { query: "vegetarian" }]]],
  ["when is lunch with Sara?", [["calendar.ask", { from: "2026-11-24", to: "2028-11-23", query: "lunch Sara" }]]],
  ["what did I pay at Chipotle?", [["expense.ask", { vendor: "Chipotle" }]]],
  ["how much on coffee last month?", [["expense.ask", { from: "2026-10-01", to: "2026-10-31", category: "coffee" }]]],
  ["list files in ./docs", [["files.list", { path: "./docs" }]]],
  ["read package.json", [["files.read", { path: "package.json" }]]],
  ["search for 'openCore' in ./core", [["files.search", { path: "./core", pattern: "openCore" }]]],
  ["what is 17% of 240?", [["arithmetic", { expression: "17 / 100 * 240" }]]],
  ["when did I last see Tom?", [["memory.ask", { query: "Tom" }]]],
  ["what's the capital of France?", [["memory.ask", { query: "capital France" }]]],
  [
    "Book a haircut for Saturday at 10:30, paid 45 EUR for the deposit and remember the barber is called Rui",
    [
      ["calendar.add", { title: "Haircut", date: "2026-11-28", time: "10:30", people: [] }],
      ["expense.add", { amount: "45", currency: "EUR", category: "deposit", date: "2026-11-24" }],
      ["fact.add", { subject: "Barber", statement: "The barber is called Rui." }],
    ],
  ],
  [
    "Team meeting 2026-12-01 14:00-15:30 in Room 5",
    [["calendar.add", { title: "Team meeting", date: "2026-12-01", time: "14:00", endTime: "15:30", place: "Room 5", people: [] }]],
  ],
  [
    "flight to Berlin on 3/4/2027 at 6:45",
    [["calendar.add", { title: "Flight to Berlin", date: "2027-04-03", time: "06:45", people: [] }]],
  ],
  ["hello", [["talk"]]],
  ["how much did I spend on groceries in October?", [["expense.ask", { from: "2026-10-01", to: "2026-10-31", category: "groceries" }]]],
  ["do I have anything on Friday?", [["calendar.ask", { from: "2026-11-27", to: "2026-11-27" }]]],
  ["am I free next Monday?", [["calendar.ask", { from: "2026-11-30", to: "2026-11-30" }]]],
  [
    "yesterday I bought shoes for 89.90 at Zalando",
    [["expense.add", { amount: "89.90", currency: "GBP", vendor: "Zalando", category: "shoes", date: "2026-11-23" }]],
  ],
  ["Sara moved to Tartu", [["fact.add", { subject: "Sara", statement: "Sara moved to Tartu." }]]],
  ["My sister Anna lives in Berlin", [["fact.add", { subject: "Anna", statement: "Your sister Anna lives in Berlin." }]]],
  ["The office is closed on Fridays", [["fact.add", { subject: "Office", statement: "The office is closed on Fridays." }]]],
  [
    "The meeting with Peter is on Thursday at 3",
    [["calendar.add", { title: "Meeting with Peter", date: "2026-11-26", time: "15:00", people: ["Peter"] }]],
  ],
  [
    "coffee with Kim at 10 on Wednesday, then gym at 18:00",
    [
      ["calendar.add", { title: "Coffee with Kim", date: "2026-11-25", time: "10:00", people: ["Kim"] }],
      ["calendar.add", { title: "Gym", date: "2026-11-25", time: "18:00", people: [] }],
    ],
  ],
  ["I paid ¥1200 for ramen", [["expense.add", { amount: "1200", currency: "JPY", category: "ramen", date: "2026-11-24" }]]],
  ["kr 120 for bus ticket", [["expense.add", { amount: "120", currency: "SEK", category: "bus ticket", date: "2026-11-24" }]]],
  ["Sara owes me $20", [["fact.add", { subject: "Sara", statement: "Sara owes you $20." }]]],
  ["remember: passport number X1234567", [["note.add", { text: "Passport number X1234567" }]]],
  [
    "Remember Sara's favourite colour is green and put dinner with her on Saturday at 7pm",
    [
      ["fact.add", { subject: "Sara", statement: "Sara's favourite colour is green." }],
      ["calendar.add", { title: "Dinner with Sara", date: "2026-11-28", time: "19:00", people: ["Sara"] }],
    ],
  ],
  ["What do you know about me?", [["memory.ask", { query: "me", subject: "me" }]]],
  ["Had lunch at Subway for 9.99 dollars", [["expense.add", { amount: "9.99", currency: "USD", vendor: "Subway", date: "2026-11-24" }]]],
  [
    "Please remember that my mother-in-law prefers tea over coffee",
    [["fact.add", { subject: "me", statement: "Your mother-in-law prefers tea over coffee." }]],
  ],
  [
    "Pick up the kids from school at 3:30pm on Thursday",
    [["calendar.add", { title: "Pick up the kids from school", date: "2026-11-26", time: "15:30", people: [] }]],
  ],
  [
    "Spent €45.20 on groceries at Rimi yesterday and €12 on a taxi",
    [
      [
        "expense.add",
        { amount: "45.20", currency: "EUR", vendor: "Rimi", category: "groceries", date: "2026-11-23" },
        { amount: "12", currency: "EUR", category: "taxi", date: "2026-11-23" },
      ],
    ],
  ],
  [
    "Schedule a call with the bank for Dec 3rd at 11am",
    [["calendar.add", { title: "Call with the bank", date: "2026-12-03", time: "11:00", people: [] }]],
  ],
  [
    "Set up a meeting with Jonas and Petra on Monday from 14:00 to 15:00 about the budget",
    [
      [
        "calendar.add",
        {
          title: "Meeting with Jonas and Petra about the budget",
          date: "2026-11-30",
          time: "14:00",
          endTime: "15:00",
          people: ["Jonas", "Petra"],
        },
      ],
    ],
  ],
  [
    "Ben is allergic to peanuts, Lucy doesn't eat pork, and we have dinner with them on Friday at 8",
    [
      ["fact.add", { subject: "Ben", statement: "Ben is allergic to peanuts." }],
      ["fact.add", { subject: "Lucy", statement: "Lucy doesn't eat pork." }],
      ["calendar.add", { title: "Dinner with Lucy", date: "2026-11-27", time: "20:00", people: ["Lucy"] }],
    ],
  ],
  ["What appointments do I have next week?", [["calendar.ask", { from: "2026-11-30", to: "2026-12-06" }]]],
  ["What did I spend on taxis this month?", [["expense.ask", { from: "2026-11-01", to: "2026-11-30", category: "taxis" }]]],
  ["How much have I paid at Rimi?", [["expense.ask", { vendor: "Rimi" }]]],
  ["Who is allergic to peanuts?", [["memory.ask", { query: "allergic peanuts" }]]],
  ["Where does Anna live?", [["memory.ask", { query: "Anna live" }]]],
  ["What does Ben like?", [["memory.ask", { query: "Ben like" }]]],
  ["when's my dentist appointment?", [["calendar.ask", { from: "2026-11-24", to: "2028-11-23", query: "dentist" }]]],
  ["What do we have on the 5th?", [["calendar.ask", { from: "2026-12-05", to: "2026-12-05" }]]],
  ["show my expenses for last week", [["expense.ask", { from: "2026-11-16", to: "2026-11-22" }]]],
  ["tmrw lunch w/ Bob", [["calendar.add", { title: "Lunch w/ Bob", date: "2026-11-25", people: [] }]]],
  ["dentist 2pm friday", [["calendar.add", { title: "Dentist", date: "2026-11-27", time: "14:00", people: [] }]]],
  [
    "Doctor's appointment: 15 January 2027, 08:45, Tartu clinic",
    [["calendar.add", { title: "Doctor's appointment, Tartu clinic", date: "2027-01-15", time: "08:45", people: [] }]],
  ],
  ["My car's licence plate is 123 ABC", [["fact.add", { subject: "me", statement: "Your car's licence plate is 123 ABC." }]]],
  ["Our anniversary is on June 3", [["fact.add", { subject: "me", statement: "Our anniversary is on June 3." }]]],
  ["remember I parked on level 4", [["note.add", { text: "I parked on level 4" }]]],
  [
    "I'm meeting Laura at the station at 6",
    [["calendar.add", { title: "Meeting with Laura", date: "2026-11-24", time: "18:00", place: "the station", people: ["Laura"] }]],
  ],
  ["Invoice from Telia: 34,90 EUR", [["expense.add", { amount: "34.90", currency: "EUR", vendor: "Telia", date: "2026-11-24" }]]],
  ["Coffee 3.50", [["expense.add", { amount: "3.50", currency: "GBP", category: "coffee", date: "2026-11-24" }]]],
  ["pay the electricity bill by Friday", [["calendar.add", { title: "Pay the electricity bill", date: "2026-11-27", people: [] }]]],
  ['Find "import" in core/index.ts', [["files.search", { path: "core/index.ts", pattern: "import" }]]],
  ["what files are in electron?", [["files.list", { path: "electron" }]]],
  ["what's in README.md?", [["files.summarise", { path: "README.md" }]]],
  ["show me the TODOs in the core folder", [["files.search", { path: "core", pattern: "TODO" }]]],
  ["search the code for FailureError", [["files.search", { path: ".", pattern: "FailureError" }]]],
  ["Where is openCore defined?", [["files.search", { path: ".", pattern: "openCore" }]]],
  ["Remember the milk", [["note.add", { text: "The milk" }]]],
  ["🍕 with Tom tomorrow at 19:00", [["calendar.add", { title: "🍕 with Tom", date: "2026-11-25", time: "19:00", people: ["Tom"] }]]],
  ["12 + 30 * 2", [["arithmetic", { expression: "12 + 30 * 2" }]]],
  ["what is 15% of $80?", [["arithmetic", { expression: "15 / 100 * 80" }]]],
  [
    "Summarize ./docs/guide.md and list files in ./core",
    [
      ["files.summarise", { path: "./docs/guide.md" }],
      ["files.list", { path: "./core" }],
    ],
  ],
  [
    "Paid 20 for parking, 30 for fuel and 12.50 for lunch",
    [
      [
        "expense.add",
        { amount: "20", currency: "GBP", category: "parking", date: "2026-11-24" },
        { amount: "30", currency: "GBP", category: "fuel", date: "2026-11-24" },
        { amount: "12.50", currency: "GBP", category: "lunch", date: "2026-11-24" },
      ],
    ],
  ],
  [
    "Remember that Tom works at Google and lives in Zurich",
    [["fact.add", { subject: "Tom", statement: "Tom works at Google and lives in Zurich." }]],
  ],
  [
    "I bought a book for $12.99 and coffee for $4",
    [
      ["expense.add", { amount: "12.99", currency: "USD", category: "book", date: "2026-11-24" }],
      ["expense.add", { amount: "4", currency: "USD", category: "coffee", date: "2026-11-24" }],
    ],
  ],
  ["Remember that the project deadline is December 15", [["calendar.add", { title: "Project deadline", date: "2026-12-15", people: [] }]]],
  [
    "Paid rent $1,450.00 and electricity $89",
    [
      [
        "expense.add",
        { amount: "1450.00", currency: "USD", category: "rent", date: "2026-11-24" },
        { amount: "89", currency: "USD", category: "electricity", date: "2026-11-24" },
      ],
    ],
  ],
  [
    "Tomorow I have a dentist apointment at 3pm",
    [["calendar.add", { title: "Dentist appointment", date: "2026-11-25", time: "15:00", people: [] }]],
  ],
  [
    "dinner on January 7 at 19:30 with Mia",
    [["calendar.add", { title: "Dinner with Mia", date: "2027-01-07", time: "19:30", people: ["Mia"] }]],
  ],
];

/** Beyond the rules, by the agent that would have been near it; each must be refused, never guessed at. */
export const refused: Readonly<Record<string, readonly string[]>> = {
  planner: [
    "plan a wedding for 200 people",
    "don't book lunch",
    "if Sara calls, tell her I'm out",
    "meeting on 31 Feb at 10",
    "cancel my lunch tomorrow",
    "organise my week so that I have more free time",
  ],
  finance: [
    "should I invest in gold?",
    "how can I save money?",
    "predict my spending next year",
    "compare my bank with others",
    "is it better to rent or to buy?",
  ],
  memory: [
    "forget everything about Sara",
    "why does Sara like jazz?",
    "describe Sara",
    "delete my notes",
    "recommend what Sara would like",
  ],
  files: [
    "refactor core/index.ts",
    "fix the bug in ./core",
    "explain core/core.ts",
    "write a README.md",
    "delete ./docs",
    "review package.json",
  ],
  generalist: [
    "write a poem about lunch with Sara",
    "translate hello into French",
    "tell me a joke",
    "Explain quantum physics",
    "why is the sky blue",
    "how are you?",
    "купить молоко завтра",
    "Kas sa räägid eesti keelt?",
  ],
};
