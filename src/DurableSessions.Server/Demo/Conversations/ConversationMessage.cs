using System.Text.Json.Nodes;

namespace DurableSessions.Server.Demo.Conversations;

/// <summary>A message of a conversation, as the API takes it.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Parts">What was said and done: <c>text</c> and <c>tool</c> parts.</param>
internal sealed record ConversationMessage(string Role, JsonArray Parts);
