using DurableSessions.Core.Messages;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>A message of a <see cref="MeasuredConversation"/>.</summary>
/// <param name="Id">By which questions name it as their evidence; empty where none does.</param>
/// <param name="Message">The message, as it is stored.</param>
/// <param name="Text">What it says.</param>
/// <param name="IsSmallTalk">Whether an overview should leave all of it out.</param>
internal sealed record MeasuredMessage(string Id, SessionMessage Message, string Text, bool IsSmallTalk);
