using DurableSessions.Core.Auditing;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>
/// Ids, one a line. A valid one makes names that Azure Storage takes and that stand for no other id; the ids of messages and commits, and
/// keys, are accepted in the one form in which they are written.
/// </summary>
internal static class IdTarget
{
    // Azure Storage's, of a blob's name.
    private const int MaxName = 1_024;

    public static void Run(byte[] input)
    {
        foreach (string line in Lines.Of(input))
        {
            CheckId(line);
            CheckMessageId(line);
            CheckCommitId(line);
            CheckKey(line);
            CheckMemory(line);
        }
    }

    private static void CheckId(string text)
    {
        bool isValid = text.Length is >= 1 and <= SessionKey.MaxIdLength && text is not "." and not ".."
            && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '@' or '-')
            && text.Count(static c => c == '@') <= 1;
        Expect.Same(isValid, SessionKey.IsValidId(text));
        if (!isValid)
        {
            return;
        }

        var key = new SessionKey(text, text, text);
        CheckName(BlobNames.Manifest(key));
        Expect.That(BlobNames.FindSession(BlobNames.Manifest(key)) == key);
        var commit = new CommitAttempt(key, new string('f', 32), CommitId.Automatic(text, 1), int.MaxValue);
        string name = BlobNames.Attempt(commit) + "messages.jsonl";
        CheckName(name);
        Expect.That(SessionPath.TryParse(name, out SessionPath? path) && path.Session == key && path.Incarnation == commit.Incarnation);
        CheckName(BlobNames.Memory(key.Owner, "preferences", text, new string('f', 32)));
    }

    private static void CheckName(string name) => Expect.That(
        name.Length <= MaxName
            && name.Split('/').All(static s => s.Length > 0 && !s.EndsWith('.') && s.All(static c => c is > ' ' and <= '~' and not '\\')),
        name);

    private static void CheckMessageId(string text)
    {
        if (MessageId.TryParse(text, out MessageId id))
        {
            Expect.Same(text.ToLowerInvariant(), id.ToString());
        }
        else
        {
            Expect.That(text.Length != 36 || !text.StartsWith("msg_", StringComparison.Ordinal) || !text[4..].All(char.IsAsciiHexDigit));
        }
    }

    private static void CheckCommitId(string text)
    {
        if (CommitId.TryParse(text, out CommitId id))
        {
            Expect.Same(text, id.ToString());
            Expect.That(SessionKey.IsValidId(text));
            Expect.Same(13, id.SortKey(DateTimeOffset.MaxValue).Length);
            Expect.Same(13, id.SortKey(DateTimeOffset.UnixEpoch).Length);
        }
    }

    private static void CheckKey(string text)
    {
        bool isKey = text.Length == 60 && text.StartsWith("dsk_", StringComparison.Ordinal) && text[16] == '_'
            && text[4..16].All(static c => char.IsAsciiHexDigitLower(c));
        Expect.Same(isKey ? text[4..16] : null, KeyText.IdOf(text));
        Expect.That(KeyText.Matches(text, KeyText.Hash(text)) && !KeyText.Matches(text + "x", KeyText.Hash(text)));
    }

    private static void CheckMemory(string text)
    {
        string name = MemoryName.From(text);
        Expect.That(name.Length == 0 ? string.IsNullOrWhiteSpace(text) : MemoryName.IsValid(name));
        Expect.Same(name, MemoryName.From(name));
    }
}
