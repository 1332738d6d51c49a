using System.Runtime.CompilerServices;
using System.Text.Json;
using DurableSessions.Server.Clients;
using DurableSessions.Server.Demo.Conversations;

namespace DurableSessions.Server.Transfer;

/// <summary>One session of a folder: its archives in order, and its live messages.</summary>
/// <param name="Id">The session's id.</param>
/// <param name="Archives">The files of the archives' messages.</param>
/// <param name="Live">The file of the live messages, where there is one.</param>
/// <param name="Folder">Where its settings are; <see langword="null"/>: it has none.</param>
/// <param name="IsTranscript">Whether its lines are those of Claude Code.</param>
internal sealed record SessionSource(
    string Id, IReadOnlyList<string> Archives, string? Live, string? Folder = null, bool IsTranscript = false)
{
    /// <summary>The messages of one of its files; what is no message is in the report.</summary>
    public async IAsyncEnumerable<TransferredMessage> ReadAsync(
        string path, TransferReport report, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        MessageReader? transcript = IsTranscript ? new MessageReader(path) : null;
        await foreach ((int number, JsonElement line) in LineFile.ReadAsync(path, report, cancellationToken))
        {
            TransferredMessage? message = null;
            try
            {
                message = transcript is null ? TransferredMessage.Of(line) : OfTranscript(transcript, line, number);
            }
            catch (Exception e) when (e is FormatException or ConversationException)
            {
                report.Problem(path, number, e.Message);
            }

            if (message is not null)
            {
                yield return message;
            }
        }
    }

    // The time of the entry is that of its message.
    private static TransferredMessage? OfTranscript(MessageReader transcript, JsonElement line, int number)
    {
        if (transcript.ReadLine(line, number) is not { } message)
        {
            return null;
        }

        var wire = new System.Text.Json.Nodes.JsonObject
        {
            ["role"] = message.Role,
            ["parts"] = message.Parts,
            ["created_at"] = Json.Text(line, "timestamp"),
        };
        return TransferredMessage.Of(JsonSerializer.SerializeToElement(wire, Json.Line));
    }
}
