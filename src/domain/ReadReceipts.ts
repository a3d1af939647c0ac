// Reading without others seeing it: users who have set `read_receipts: false` in their own settings, in private chats.

/** Settings as stored, canonical JSON, with which the user reads privately. A text in them cannot contain it. */
export const hidesReading = '"read_receipts":false'
