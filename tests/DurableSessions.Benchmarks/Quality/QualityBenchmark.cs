using System.Diagnostics;
using System.Globalization;
using DurableSessions.Core;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Context;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Orchestration;
using DurableSessions.Semantics.Extractive;
using DurableSessions.Semantics.Extractive.Tests;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Benchmarks.Quality;

/// <summary>
/// What a reader finds again of long conversations that no rule was made for: in the overview, in the context, and by a search. Each
/// conversation is one session of a user of its own, each of its sittings a commit.
/// </summary>
internal sealed class QualityBenchmark
{
    private const int Length = SemanticDigest.MaxOverviewLength;
    private const int Seeds = 20;
    private const string Drawn = "drawn sentences";

    private static readonly int[] s_limits = [1, 5, 10];
    private static readonly int[] s_budgets = [1_000, 4_000];

    private readonly Dictionary<string, (int All, int What, int WhatInLine, int WhenInLine)> _answered = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int[]> _recalled = new(StringComparer.Ordinal);
    private readonly List<double> _commits = [];
    private int _questions;
    private int _when;
    private int _withEvidence;
    private int _sameAbstracts;
    private double _chance;

    public static async Task RunAsync(string path)
    {
        IReadOnlyList<LongConversation> conversations = LongConversation.Read(path);
        var benchmark = new QualityBenchmark();
        SessionStorage storage = new SimulatedStorage().Connect("quality");
        await storage.Container.CreateAsync();
        await using ServiceProvider services = new ServiceCollection().AddHost(storage, new ExtractiveSemanticProcessor())
            .BuildServiceProvider();
        EmbeddedEngine engine = services.GetRequiredService<EmbeddedEngine>();
        await engine.StartAsync(CancellationToken.None);
        for (int i = 0; i < conversations.Count; i++)
        {
            var session = new SessionKey("quality", string.Create(CultureInfo.InvariantCulture, $"u{i}"), "talk");
            await benchmark.CommitAsync(services, session, conversations[i]);
            await benchmark.AskAsync(services, session, conversations[i]);
        }

        await engine.StopAsync(CancellationToken.None);
        benchmark.Print(conversations);
    }

    private async Task CommitAsync(ServiceProvider services, SessionKey session, LongConversation conversation)
    {
        SessionStore store = services.GetRequiredService<SessionStore>();
        OrchestrationClient client = services.GetRequiredService<OrchestrationClient>();
        await store.Sessions.CreateAsync(session.Owner, session.Id, new SessionSettings(), null, CancellationToken.None);
        foreach (IReadOnlyList<Turn> sitting in conversation.Sittings)
        {
            await store.Sessions.AppendAsync(session, [.. sitting.Select(static t => t.Message)], null, CancellationToken.None);
            long start = Stopwatch.GetTimestamp();
            CommitAnswer answer = await store.Commits.CommitAsync(session, new CommitRequest(), CancellationToken.None);
            await client.WaitForInstanceCompletionAsync(answer.Task!.TaskId, CancellationToken.None);
            _commits.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
    }

    private async Task AskAsync(ServiceProvider services, SessionKey session, LongConversation conversation)
    {
        SessionStore store = services.GetRequiredService<SessionStore>();
        int count = conversation.Sittings.Count;
        IReadOnlyList<ArchiveInfo> archives = await store.Archives.ListAsync(session, count, null, CancellationToken.None);
        if (archives.Count != count)
        {
            throw new InvalidOperationException($"{session} has {archives.Count} archives after {count} commits.");
        }

        _sameAbstracts += count - archives.Select(static a => a.Abstract).Distinct(StringComparer.Ordinal).Count();
        _questions += conversation.Questions.Count;
        _when += conversation.Questions.Count(static q => q.IsWhen);
        Archive last = await store.Archives.GetAsync(session, count, CancellationToken.None);
        Answer("the overview", conversation, last.Info.Overview.Split('\n'));
        foreach (int budget in s_budgets)
        {
            SessionContext context = await store.Sessions.ReadContextAsync(session, budget, CancellationToken.None);
            Answer(
                string.Create(CultureInfo.InvariantCulture, $"the context of {budget:N0} tokens"), conversation, LinesOf(context));
            string where = string.Create(CultureInfo.InvariantCulture, $"the context of {budget:N0} tokens, with the question");
            foreach (Question question in conversation.Questions)
            {
                SessionContext asked = await store.Sessions.ReadContextAsync(
                    session, budget, question.Text, includeMemories: false, hold: null, read: null, CancellationToken.None);
                Answer(where, question, new AnswerWords(LinesOf(asked)));
            }
        }

        string[] texts = [.. conversation.Turns.Select(static t => t.Text)];
        Answer("the last 4,000 characters", conversation, Baselines.Last(texts, Length));
        for (int seed = 0; seed < Seeds; seed++)
        {
            Answer(Drawn, conversation, Baselines.Drawn(texts, Length, seed));
        }

        Answer("TF-IDF centroid", conversation, Baselines.Centroid(texts, Length));
        Answer("everything that was said", conversation, texts);
        await SearchAsync(services, session, conversation);
    }

    private static IEnumerable<string> LinesOf(SessionContext context) =>
    [
        .. context.Overview.Split('\n'),
        .. context.Abstracts.Select(static a => a.Abstract),
        .. context.Recalled.Concat(context.Messages).SelectMany(static m => SessionMessage.Parse(m).Parts.Select(static p => p.Text ?? "")),
    ];

    private void Answer(string where, LongConversation conversation, IEnumerable<string> lines)
    {
        var words = new AnswerWords(lines);
        foreach (Question question in conversation.Questions)
        {
            Answer(where, question, words);
        }
    }

    private void Answer(string where, Question question, AnswerWords words)
    {
        (int all, int what, int line, int when) = _answered.GetValueOrDefault(where);
        int has = words.Has(question.Answer) ? 1 : 0;
        int inLine = words.HasInOneLine(question.Answer) ? 1 : 0;
        _answered[where] = question.IsWhen ? (all + has, what, line, when + inLine) : (all + has, what + has, line + inLine, when);
    }

    private async Task SearchAsync(ServiceProvider services, SessionKey session, LongConversation conversation)
    {
        MemorySearch search = services.GetRequiredService<SessionStore>().MemorySearch;
        List<SegmentReader> segments = await services.GetRequiredService<MessageSearch>().OpenAsync(session.Owner, CancellationToken.None);
        var plain = new Bm25Index();
        var said = conversation.Turns.ToDictionary(static t => t.Id, static t => t.Text, StringComparer.Ordinal);
        foreach ((string id, string text) in said)
        {
            plain.Set(id, text);
        }

        foreach (Question question in conversation.Questions)
        {
            string[] bm25 = [.. plain.Search(question.Text).Select(static h => h.Id)];
            int room = Length;
            Answer("BM25 by the question, 4,000 characters of messages", question, new AnswerWords(
                bm25.Select(id => said[id]).TakeWhile(t => (room -= t.Length + 1) >= 0)));
            string[] right = [.. question.Evidence.Where(said.ContainsKey)];
            if (right.Length == 0)
            {
                continue;
            }

            _withEvidence++;
            _chance += (double)right.Select(Sitting).Distinct().Count() / conversation.Sittings.Count;
            IReadOnlyList<SearchHit> hits = await search.SearchAsync(
                session.Owner, question.Text, s_limits[^1], static h => h.Archive is not null, CancellationToken.None);
            IReadOnlyList<MessageMatch> messages = await SegmentSearch.SearchAsync(
                segments, question.Text, MessageFilter.None, s_limits[^1], CancellationToken.None);
            Recall("archives, the search", hits.Select(static h => h.Archive!.Number), right.Select(Sitting));
            Recall("archives, BM25 over messages", bm25.Select(Sitting).Distinct(), right.Select(Sitting));
            Recall(
                "messages, the search",
                messages.Select(static m => string.Create(CultureInfo.InvariantCulture, $"D{m.Archive.Number}:{m.Index + 1}")),
                right);
            Recall("messages, BM25 over messages", bm25, right);
        }
    }

    private static int Sitting(string turn) =>
        int.Parse(turn.AsSpan(1, turn.IndexOf(':', StringComparison.Ordinal) - 1), CultureInfo.InvariantCulture);

    private void Recall<T>(string how, IEnumerable<T> found, IEnumerable<T> right)
    {
        HashSet<T> wanted = [.. right];
        T[] first = [.. found.Take(s_limits[^1])];
        if (!_recalled.TryGetValue(how, out int[]? hits))
        {
            _recalled[how] = hits = new int[s_limits.Length];
        }

        for (int i = 0; i < s_limits.Length; i++)
        {
            hits[i] += first.Take(s_limits[i]).Any(wanted.Contains) ? 1 : 0;
        }
    }

    private void Print(IReadOnlyList<LongConversation> conversations)
    {
        int turns = conversations.Sum(static c => c.Turns.Count());
        int characters = conversations.Sum(static c => c.Turns.Sum(static t => t.Text.Length));
        Bench.Print($"{conversations.Count} conversations, {_commits.Count} commits, {turns:N0} messages, {characters:N0} characters;");
        Bench.Print($"{_questions:N0} questions, {_when} of them when, {_withEvidence:N0} with evidence");
        Console.WriteLine();
        Console.WriteLine("| has the answer's words | of all | of what | of what, in one line | of when, in one line |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach ((string where, (int all, int what, int line, int when)) in _answered)
        {
            double rounds = where == Drawn ? Seeds : 1;
            double ofWhat = rounds * (_questions - _when);
            Bench.Print(
                $"| {where} | {all / rounds / _questions:P1} | {what / ofWhat:P1} | {line / ofWhat:P1} | {when / rounds / _when:P1} |");
        }

        Console.WriteLine();
        Bench.Print($"| the right one is among the first | {s_limits[0]} | {s_limits[1]} | {s_limits[2]} |");
        Console.WriteLine("|---|---|---|---|");
        foreach ((string how, int[] hits) in _recalled)
        {
            Bench.Print($"| {how} | {string.Join(" | ", hits.Select(h => Share((double)h / _withEvidence)))} |");
        }

        Bench.Print($"| archives, one drawn | {_chance / _withEvidence:P1} | | |");
        Console.WriteLine();
        _commits.Sort();
        Bench.Print($"abstracts that another archive of the session has too: {_sameAbstracts}");
        Bench.Print($"a commit, from its request to its end: median {At(0.5):F1} ms, p95 {At(0.95):F1} ms");

        double At(double share) => _commits[(int)(_commits.Count * share)];
    }

    private static string Share(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
}
