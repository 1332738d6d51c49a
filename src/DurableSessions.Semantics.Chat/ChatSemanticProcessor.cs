using System.ClientModel;
using System.Globalization;
using System.Text.Json;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using Microsoft.Extensions.AI;
using Microsoft.ML.Tokenizers;
using Polly.Timeout;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// Digests by a chat model: window by window, each with the overview of the window before. The conversation is sent to the model as data,
/// separate from the instructions, with its sources kept apart.
/// </summary>
/// <remarks>
/// Every answer is stored under its commit, by a hash of the question, before it is parsed: after a crash, on any host, the same question
/// finds the stored answer and is not paid for twice. An unusable answer is stored too, and the question is sent again with a note, at
/// most twice in one attempt of a commit; a retry of the commit continues from there.
/// <para>
/// Where a question contains more than the owner's own words, nothing in its answer may change the owner's profile and preferences, or
/// replace or delete a memory: <see cref="MemoryAuthority"/>. What the owner wants is then asked in a second question, of the owner's words
/// alone. It contains no text that another source wrote, so no answer to it can follow one.
/// </para>
/// </remarks>
public sealed class ChatSemanticProcessor(IChatClient client, ChatModelOptions options, ChatRateLimiter rateLimiter) : ISemanticProcessor
{
    private const int TriesInOneAttempt = 3;
    private const int MemoryShare = 4;

    private static readonly Tokenizer Tokens = TiktokenTokenizer.CreateForEncoding("o200k_base");
    private static readonly int PromptTokens = Math.Max(CountTokens(Prompt.Digest), CountTokens(Prompt.Owner))
        + Tokens.CountTokens(Prompt.Again) + 64;

    // Tokens are counted by the encoding of the newest models; other models count up to a tenth more.
    private readonly int _room = (options.ContextTokens * 9 / 10) - options.AnswerTokens - PromptTokens;

    /// <inheritdoc/>
    public string Name => options.Model;

    /// <inheritdoc/>
    public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
    {
        MemoryLedger? ledger = request.Memories is { } memories ? new MemoryLedger(memories) : null;
        string? overview = request.PreviousOverview;
        MemorySources? sources = overview is null ? MemorySources.None : request.PreviousSources;
        string line = "";
        var usage = new TokenUsage(0, 0, 0);
        int overviewTokens = SemanticDigest.MaxOverviewLength / 2;
        int askedTokens = request.Instructions is { } asked ? Tokens.CountTokens(Prompt.Asked) + Tokens.CountTokens(asked) : 0;
        int memoryTokens = _room / MemoryShare;
        await foreach (IReadOnlyList<PromptMessage> window in ConversationWindows.OfAsync(
            request.Messages, request.PreviousUsers, Tokens,
            Math.Max(256, _room - overviewTokens - memoryTokens - askedTokens), cancellationToken))
        {
            if (ledger is not null)
            {
                await ledger.ReadAsync(window, cancellationToken);
            }

            IReadOnlyList<PromptMemory>? shown = ledger?.Show(window, static t => Tokens.CountTokens(t), memoryTokens);
            sources = window.Select(static m => (MemorySources?)m.Sources)
                .Concat((shown ?? []).Select(static m => m.Sources))
                .Aggregate(sources, MemoryAuthority.Union);
            bool isOwners = sources == MemorySources.Owner;
            var question = ModelQuestion.Whole(overview, shown, isOwners, window, request.Instructions);
            (ModelAnswer answer, TokenUsage paid) = await AskAsync(question, request.Answers, ModelAnswer.TryRead, cancellationToken);
            usage += paid;
            line = answer.Abstract;
            overview = answer.Overview;
            if (ledger is not null)
            {
                ledger.Add(answer.Memories, window, sources, shown!);
                usage += isOwners
                    ? TokenUsage.None
                    : await AskOfOwnerAsync(ledger, window, memoryTokens, request.Answers, cancellationToken);
            }
        }

        return new SemanticDigest(line, overview ?? "")
        {
            Memories = ledger?.Changes ?? [],
            MemoriesSkipped = ledger?.Skipped ?? [],
            Sources = sources,
            Usage = usage,
        };
    }

    // What the owner's words alone change, of each peer's by itself; what that has cost.
    private async Task<TokenUsage> AskOfOwnerAsync(
        MemoryLedger ledger, IReadOnlyList<PromptMessage> window, int memoryTokens, PaidAnswers? paid, CancellationToken cancellationToken)
    {
        TokenUsage usage = TokenUsage.None;
        foreach (IGrouping<string?, PromptMessage> ofPeer in window.Select(static m => m.OwnersWords()).OfType<PromptMessage>()
            .GroupBy(static m => m.PeerId, StringComparer.Ordinal))
        {
            PromptMessage[] words = [.. ofPeer];
            IReadOnlyList<PromptMemory> shown = ledger.ShowToOwner(words, static t => Tokens.CountTokens(t), memoryTokens);
            (IReadOnlyList<MemoryChange> changes, TokenUsage cost) =
                await AskAsync(ModelQuestion.Owners(shown, words), paid, ModelAnswer.TryReadMemories, cancellationToken);
            ledger.Add(changes, words, MemorySources.Owner, shown);
            usage += cost;
        }

        return usage;
    }

    private async Task<(T Answer, TokenUsage Usage)> AskAsync<T>(
        ModelQuestion question, PaidAnswers? paid, Func<string, T?> tryRead, CancellationToken cancellationToken)
        where T : class
    {
        string hash = question.Hash(options.Model);
        var usage = new TokenUsage(0, 0, 0);
        string? ending = null;
        for (int attempt = 1; attempt <= TriesInOneAttempt * (paid?.Attempt ?? 1); attempt++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{hash}-{attempt}");
            PaidAnswer? kept = paid is null ? null : await paid.FindAsync(name, cancellationToken);
            if (kept is null)
            {
                kept = await AskModelAsync(question, attempt, cancellationToken);
                kept = paid is null ? kept : await paid.KeepAsync(name, kept, cancellationToken);
            }

            usage += kept.Usage;
            ending = kept.Ending;
            if (tryRead(kept.Text) is { } answer)
            {
                return (answer, usage);
            }
        }

        throw new ModelAnswerException($"Model '{options.Model}' gave no answer that can be used; the last one ended with '{ending}'.");
    }

    private async Task<PaidAnswer> AskModelAsync(ModelQuestion question, int attempt, CancellationToken cancellationToken)
    {
        IReadOnlyList<ChatMessage> messages = question.Messages(attempt);
        int tokens = messages.Sum(static m => Tokens.CountTokens(m.Text)) + options.AnswerTokens;
        using IDisposable running = await rateLimiter.AcquireAsync(tokens, cancellationToken);
        var chat = new ChatOptions
        {
            MaxOutputTokens = options.AnswerTokens,
            ResponseFormat = ChatResponseFormat.ForJsonSchema(
                question.Prompt.Schema, "digest", "A digest of a conversation, and changes of memories."),
        };
        try
        {
            ChatResponse response = await client.GetResponseAsync(messages, chat, cancellationToken);
            UsageDetails? counted = response.Usage;
            var usage = new TokenUsage(
                counted?.InputTokenCount ?? 0,
                counted?.OutputTokenCount ?? 0,
                1,
                counted?.CachedInputTokenCount ?? 0,
                counted?.ReasoningTokenCount ?? 0);
            return new PaidAnswer(response.Text, response.FinishReason?.Value, usage);
        }
        catch (ClientResultException e) when (e.Status is (>= 300 and < 400) or 400 or 401 or 403 or 404 or 422)
        {
            // A retry would be refused again: the address, the key, the name of the model or the question is not valid.
            throw new ModelAnswerException($"Model '{options.Model}' refuses: HTTP status {e.Status}.", e.Status);
        }
        catch (ClientResultException e)
        {
            throw new ModelErrorException(
                $"Model '{options.Model}' failed: HTTP status {e.Status}.", e.Status == 0 ? null : e.Status);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutRejectedException)
        {
            throw new ModelErrorException($"Model '{options.Model}' did not answer: {e.GetType().Name}.", null);
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            // What came is no answer of such an API. The exception's text may quote it.
            throw new ModelErrorException($"Model '{options.Model}' gave no answer of its API: {e.GetType().Name}.", null);
        }
    }

    private static int CountTokens(Prompt prompt) =>
        Tokens.CountTokens(prompt.Instructions) + Tokens.CountTokens(prompt.Schema.GetRawText());
}
