using System.Text.Json;
using System.Text.Unicode;

namespace DurableSessions.Server.Demo.Conversations;

/// <summary>
/// Reads a conversation: a transcript of Claude Code or other JSON lines (<c>.jsonl</c>), or a JSON array of messages with
/// <c>role</c> and <c>content</c>.
/// </summary>
internal static class ConversationFile
{
    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MaxFileBytes = 32 * 1024 * 1024;

    /// <summary>The most messages that are read.</summary>
    public const int MaxMessages = 2000;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <exception cref="ConversationException">There is no such file, it is too large, or something in it does not fit.</exception>
    public static async Task<IReadOnlyList<ConversationMessage>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        byte[] bytes = await LoadAsync(path, cancellationToken);
        int start = bytes.AsSpan().StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        ReadOnlyMemory<byte> content = bytes.AsMemory(start);
        if (!Utf8.IsValid(content.Span))
        {
            throw new ConversationException($"{path} is not UTF-8.");
        }

        var reader = new MessageReader(path);
        if (Path.GetExtension(path).Equals(".jsonl", StringComparison.OrdinalIgnoreCase))
        {
            ReadLines(path, content, reader);
        }
        else
        {
            ReadArray(path, content.Span, reader);
        }

        return reader.Messages.Count > 0
            ? reader.Messages
            : throw new ConversationException($"{path} has no messages of a user or an assistant.");
    }

    private static async Task<byte[]> LoadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            long length = new FileInfo(path).Length;
            if (length > MaxFileBytes)
            {
                throw new ConversationException(
                    $"{path} has {length / 1024 / 1024} MiB; a conversation of up to {MaxFileBytes / 1024 / 1024} MiB can be read.");
            }

            return await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConversationException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static void ReadLines(string path, ReadOnlyMemory<byte> content, MessageReader reader)
    {
        for (int line = 1; content.Length > 0; line++)
        {
            int end = content.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> text = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            if (text.Span.Trim(" \r\t"u8).Length == 0)
            {
                continue;
            }

            try
            {
                using var document = JsonDocument.Parse(text);
                reader.AddLine(document.RootElement, line);
            }
            catch (JsonException e)
            {
                throw NotJson(path, line, e);
            }
        }
    }

    private static void ReadArray(string path, ReadOnlySpan<byte> content, MessageReader messages)
    {
        try
        {
            var json = new Utf8JsonReader(content);
            if (!json.Read() || json.TokenType != JsonTokenType.StartArray)
            {
                throw new ConversationException(
                    $"{path} is no conversation: neither JSON lines (.jsonl) nor a JSON array of messages with role and content.");
            }

            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                int line = 1 + content[..(int)json.TokenStartIndex].Count((byte)'\n');
                messages.Add(JsonElement.ParseValue(ref json), line);
            }
        }
        catch (JsonException e)
        {
            throw NotJson(path, 1 + (int)(e.LineNumber ?? 0), e);
        }
    }

    private static ConversationException NotJson(string path, int line, JsonException e) =>
        new($"{path}, line {line}: not JSON: {e.Message.Split(" LineNumber:")[0].Split(" Path:")[0].ReplaceLineEndings(" ")}", e);
}
