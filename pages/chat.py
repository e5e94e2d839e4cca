from components import chat, services, shell
from components.places import CHAT

chat.draw(shell.conversation(CHAT), services.unavailable(), services.deployment().library, services.title)
