using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>
/// A written conversation with dates and speakers, what is asked about it later, and what in it no longer holds at its end. Its file says
/// how it is written: see the README beside.
/// </summary>
/// <param name="Commits">The messages of each commit, in order.</param>
/// <param name="Questions">What is asked after the last commit.</param>
/// <param name="Stale">What was true and is not any more.</param>
internal sealed partial record MeasuredConversation(
    IReadOnlyList<IReadOnlyList<MeasuredMessage>> Commits,
    IReadOnlyList<MeasuredQuestion> Questions,
    IReadOnlyList<MeasuredQuestion> Stale)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Measured");

    public IEnumerable<MeasuredMessage> Messages => Commits.SelectMany(static c => c);

    /// <summary>The names of the conversations in a folder, in order.</summary>
    public static IReadOnlyList<string> NamesIn(string set) =>
    [
        .. Directory.GetFiles(Path.Combine(Folder, set), "*.txt").Select(static f => Path.GetFileNameWithoutExtension(f)!)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>One conversation; one named <c>a+b</c> has the commits of both by their dates.</summary>
    public static MeasuredConversation Load(string set, string name)
    {
        List<MeasuredConversation> parts = [.. name.Split('+').Select(n => Read(set, n))];
        return new MeasuredConversation(
            [.. parts.SelectMany(static p => p.Commits).OrderBy(static c => c[0].Message.CreatedAt, StringComparer.Ordinal)],
            [.. parts.SelectMany(static p => p.Questions)],
            [.. parts.SelectMany(static p => p.Stale)]);
    }

    /// <summary>The digests of all commits, each with the overview before.</summary>
    public async Task<IReadOnlyList<SemanticDigest>> DigestAsync(ISemanticProcessor processor)
    {
        List<SemanticDigest> digests = [];
        foreach (IReadOnlyList<MeasuredMessage> commit in Commits)
        {
            digests.Add(await processor.DigestAsync(
                new SemanticRequest(digests.LastOrDefault()?.Overview, commit.Select(static m => m.Message).ToAsyncEnumerable()),
                TestContext.Current.CancellationToken));
        }

        return digests;
    }

    private static MeasuredConversation Read(string set, string name)
    {
        List<List<MeasuredMessage>> commits = [];
        List<MeasuredQuestion> questions = [];
        List<MeasuredQuestion> stale = [];
        DateTime time = default;
        int number = 0;
        foreach (string line in File.ReadLines(Path.Combine(Folder, set, name + ".txt")))
        {
            string[] fields = line.Length < 2 ? [] : line[2..].Split(" | ");
            switch (line)
            {
                case ['=', '=', ..]:
                    time = DateTime.ParseExact(line[3..], "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
                    commits.Add([]);
                    break;
                case ['?', ' ', ..]:
                    questions.Add(MeasuredQuestion.Of(fields[0], fields[1], fields[2], fields[3]));
                    break;
                case ['!', ' ', ..]:
                    stale.Add(MeasuredQuestion.Of("stale", fields[0], fields[0], fields[1]));
                    break;
                default:
                    commits[^1].Add(Message(Form().Match(line), $"{name}-{++number}", time));
                    time = time.AddMinutes(3);
                    break;
            }
        }

        return new MeasuredConversation(commits, questions, stale);
    }

    private static MeasuredMessage Message(Match line, string id, DateTime time)
    {
        Assert.True(line.Success, $"Message {id} has no speaker.");
        string speaker = line.Groups["speaker"].Value;
        string text = line.Groups["text"].Value;
        bool isPeer = speaker is not ("user" or "assistant");
        var json = new Dictionary<string, object>
        {
            ["id"] = id,
            ["role"] = isPeer ? "user" : speaker,
            ["parts"] = (object[])[new { type = "text", text }],
            ["created_at"] = time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        if (isPeer)
        {
            json["peer_id"] = speaker;
        }

        return new MeasuredMessage(
            line.Groups["id"].Value, SessionMessage.Parse(JsonSerializer.SerializeToUtf8Bytes(json)), text, line.Groups["small"].Success);
    }

    [GeneratedRegex("^(?<small>~)?(?:#(?<id>[a-z0-9]+) )?(?<speaker>[A-Za-z]+): (?<text>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
