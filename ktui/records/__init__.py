"""Reading and keeping records: plain asyncio. No HTTP words, no Textual."""
