using System.Text.RegularExpressions;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Memories that need no model: sentences in which the owner of the conversation says what to remember, how things are always or never to
/// be done, what they prefer, what was decided, who they are. Each is a memory of its own, named by its words: said again, it is the same.
/// It belongs to the peer of the message that states it. Of a session that is there to have texts stored each message is a memory as a
/// whole, whose ever it is.
/// </summary>
/// <param name="extraction">What the session's policy allows.</param>
/// <param name="usersBefore">The users' peer ids of the archives before.</param>
internal sealed partial class StatedMemories(MemoryExtraction extraction, UserPeers usersBefore)
{
    private const int MaxLength = 300;
    private const int MaxKept = 4 * MemoryLimits.MaxChanges;

    // The first that fits says what a sentence is about.
    private static readonly (MemoryCategory Category, Regex Rule)[] s_rules =
    [
        (MemoryCategory.Profile, Profile()),
        (MemoryCategory.Preferences, Preferences()),
        (MemoryCategory.Events, Events()),
        (MemoryCategory.Entities, Entities()),
    ];

    private readonly Speakers _speakers = new(usersBefore);
    private readonly Dictionary<(string? Peer, string Sentence), Candidate> _kept = [];
    private int _over;

    /// <summary>Takes what a message states.</summary>
    public void Read(SessionMessage message)
    {
        _speakers.Hear(message);
        if (extraction.StoresAll)
        {
            Store(message);
            return;
        }

        if (message.Role != "user")
        {
            return;
        }

        foreach (MessagePart part in message.Parts)
        {
            if (part.Type == "text" && part.Text is { } text)
            {
                IEnumerable<TextLine> said = TextLines.Of(text).Where(static l => l is { IsHeading: false, IsQuote: false });
                foreach (string sentence in said.SelectMany(static l => Sentences.Of(l.Text)))
                {
                    Read(sentence, message);
                }
            }
        }
    }

    /// <summary>The changes to ask for, in the order in which they were said first.</summary>
    public IReadOnlyList<MemoryChange> Changes() =>
    [
        .. Stated().Take(MemoryLimits.MaxChanges).Select(c => new MemoryChange
        {
            Operation = MemoryOperation.Merge,
            Category = CategoryOf(c),
            Name = MemoryName.From(c.Sentence.TrimEnd('.', '!', '。', '！')),
            Content = c.Sentence,
            Peer = c.Peer,
            Sources = AuthorOf(c),
        }),
    ];

    /// <summary>What was stated and is not asked for.</summary>
    public IReadOnlyList<MemorySkip> Skipped() =>
        _over + Math.Max(0, Stated().Count() - MemoryLimits.MaxChanges) is > 0 and { } over
            ? [new MemorySkip($"{over} more statements: {MemoryLimits.MaxChanges} of one commit are kept")]
            : [];

    // Who owns the conversation is known once all of it was heard.
    private IEnumerable<Candidate> Stated() =>
        _kept.Values.Where(c => extraction.StoresAll || AuthorOf(c) == MemorySources.Owner);

    private MemorySources AuthorOf(Candidate candidate) => _speakers.AuthorOf(candidate.Role, candidate.Kind, candidate.Peer);

    // Others than the owner say nothing of the user's profile and preferences.
    private MemoryCategory CategoryOf(Candidate candidate) =>
        AuthorOf(candidate) == MemorySources.Owner || candidate.Category == MemoryCategory.Events
            ? candidate.Category
            : MemoryCategory.Entities;

    private void Store(SessionMessage message)
    {
        foreach (string text in message.Parts.Where(static p => p.Type == "text").Select(static p => p.Text?.Trim() ?? ""))
        {
            if (text.Length > 0 && IsAllowed(message.PeerId))
            {
                // A longer one is refused, and the commit says so.
                string said = text.Length <= MemoryLimits.MaxContentLength ? text : text[..(MemoryLimits.MaxContentLength + 1)];
                Keep(new Candidate(
                    FindCategory(said) ?? MemoryCategory.Entities, Content(said), message.Role, message.MessageKind, message.PeerId));
            }
        }
    }

    // What only asks to remember is not part of what is remembered.
    private static string Content(string text) =>
        Command().Replace(text, "", 1) is { Length: > 0 } content ? char.ToUpperInvariant(content[0]) + content[1..] : "";

    private void Read(string sentence, SessionMessage message)
    {
        if (sentence.Length is < 6 or > MaxLength || sentence[^1] is '?' or '？' || sentence[0] is '"' or '“' or '「')
        {
            return;
        }

        string statement = Courtesy().Replace(sentence, "", 1);
        if (FindCategory(statement) is { } category && extraction.Categories.Contains(category) && IsAllowed(message.PeerId)
            && Content(statement) is { Length: > 0 } content)
        {
            Keep(new Candidate(category, content, message.Role, message.MessageKind, message.PeerId));
        }
    }

    private static MemoryCategory? FindCategory(string statement)
    {
        foreach ((MemoryCategory category, Regex rule) in s_rules)
        {
            if (rule.IsMatch(statement))
            {
                return category;
            }
        }

        return null;
    }

    private bool IsAllowed(string? peer) => peer is null ? extraction.AllowsOwn : extraction.AllowsPeers;

    private void Keep(Candidate candidate)
    {
        if (_kept.Count < MaxKept)
        {
            _kept.TryAdd((candidate.Peer, candidate.Sentence), candidate);
        }
        else if (!_kept.ContainsKey((candidate.Peer, candidate.Sentence)))
        {
            _over++;
        }
    }

    [GeneratedRegex(@"^(?:(?:please|ok|okay|also|and|so|oh|hey|btw|by the way|one more thing)[,:]?\s+|请|另外[，,]?)+", Options)]
    private static partial Regex Courtesy();

    [GeneratedRegex(@"^(?:(?:remember|note|keep in mind|don't forget)(?:\s+that|:)\s*|(?:记住|记得|别忘了)[：:，,]?\s*)", Options)]
    private static partial Regex Command();

    [GeneratedRegex(
        @"^(?:(?:remember|note)(?:\s+that|:)\s*)?(?:my name is|call me|i am called|i work (?:as|at|for)|i live in|我叫|叫我|我的名字)", Options)]
    private static partial Regex Profile();

    [GeneratedRegex(
        @"^(?:(?:remember|note|keep in mind|don't forget)(?:\s+that|\s+to|:)\s*)?(?:"
        + @"(?:i|we) (?:really )?(?:prefer|like|love|hate|dislike|can't stand|don't like|do not like)\b"
        + @"|(?:i|we) (?:always|never) (?:use|want|write|put|deploy|run|do|drink|eat|work|review|merge|commit|test|squash|need|take)\b"
        + @"|(?:always|never|from now on|by default)\b"
        + @"|(?:i|we)(?:'m| am| are|'re) (?:allergic|vegan|vegetarian)\b)"
        + @"|^(?:记住[：:，,]?|请)?(?:以后|总是|永远|一律|千万|绝不|从现在起|默认)"
        + @"|^我(?:更|很|最|不|比较)?(?:喜欢|偏好|讨厌|习惯|爱)|过敏",
        Options)]
    private static partial Regex Preferences();

    [GeneratedRegex(
        @"^(?:(?:remember|note)(?:\s+that|:)\s*)?(?:(?:we|i)(?:'ve| have)? (?:decided|agreed|settled on|chose|chosen)\b"
        + @"|(?:we|i)(?:'ll| will) (?:go with|stick with|use)\b|the decision is\b|it(?:'s| is) decided\b)|^我们?(?:决定|已经决定|选择|商定|同意)",
        Options)]
    private static partial Regex Events();

    [GeneratedRegex(@"^(?:remember|note|keep in mind|don't forget)(?:\s+that\s|:)|^(?:记住|记得|别忘了)", Options)]
    private static partial Regex Entities();

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private sealed record Candidate(MemoryCategory Category, string Sentence, string Role, string? Kind, string? Peer);
}
