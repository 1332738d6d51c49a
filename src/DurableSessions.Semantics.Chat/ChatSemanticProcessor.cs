using System.ClientModel;
using System.Globalization;
using System.Text.Json;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using Microsoft.Extensions.AI;
using Microsoft.ML.Tokenizers;
using Polly.Timeout;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// Digests by a chat model: window by window, each with the overview of the window before. The conversation is sent to the model as data,
/// separate from the instructions.
/// </summary>
/// <remarks>
/// Every answer is stored under its commit, by a hash of the question, before it is parsed: after a crash, on any host, the same question
/// finds the stored answer and is not paid for twice. An unusable answer is stored too, and the question is sent again with a note, at
/// most twice in one attempt of a commit; a retry of the commit continues from there.
/// </remarks>
public sealed class ChatSemanticProcessor(IChatClient client, ChatModelOptions options, ChatRateLimiter rateLimiter) : ISemanticProcessor
{
    private const int TriesInOneAttempt = 3;
    private const int MemoryShare = 4;

    private static readonly Tokenizer Tokens = TiktokenTokenizer.CreateForEncoding("o200k_base");
    private static readonly int PromptTokens = Tokens.CountTokens(Prompt.Digest) + Tokens.CountTokens(Prompt.Again)
        + Tokens.CountTokens(Prompt.Schema.GetRawText()) + 64;

    // Tokens are counted by the encoding of the newest models; other models count up to a tenth more.
    private readonly int _room = (options.ContextTokens * 9 / 10) - options.AnswerTokens - PromptTokens;

    /// <inheritdoc/>
    public string Name => options.Model;

    /// <inheritdoc/>
    public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
    {
        MemoryLedger? ledger = request.Memories is { } memories ? new MemoryLedger(await memories.ReadAsync(cancellationToken)) : null;
        string? overview = request.PreviousOverview;
        string line = "";
        var usage = new TokenUsage(0, 0, 0);
        int overviewTokens = SemanticDigest.MaxOverviewLength / 2;
        int memoryTokens = _room / MemoryShare;
        await foreach (IReadOnlyList<PromptMessage> window in ConversationWindows.OfAsync(
            request.Messages, Tokens, Math.Max(256, _room - overviewTokens - memoryTokens), cancellationToken))
        {
            var question = ModelQuestion.Of(overview, ledger?.Show(static t => Tokens.CountTokens(t), memoryTokens), window);
            (ModelAnswer answer, TokenUsage paid) = await AskAsync(question, request.Answers, cancellationToken);
            usage += paid;
            line = answer.Abstract;
            overview = answer.Overview;
            ledger?.Add(answer.Memories);
        }

        return new SemanticDigest(line, overview ?? "") { Memories = ledger?.Changes ?? [], Usage = usage };
    }

    private async Task<(ModelAnswer Answer, TokenUsage Usage)> AskAsync(
        ModelQuestion question, PaidAnswers? paid, CancellationToken cancellationToken)
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
                kept = await AskModelAsync(question.Messages(attempt), cancellationToken);
                kept = paid is null ? kept : await paid.KeepAsync(name, kept, cancellationToken);
            }

            usage += kept.Usage;
            ending = kept.Ending;
            if (ModelAnswer.TryRead(kept.Text) is { } answer)
            {
                return (answer, usage);
            }
        }

        throw new ModelAnswerException($"Model '{options.Model}' gave no answer that can be used; the last one ended with '{ending}'.");
    }

    private async Task<PaidAnswer> AskModelAsync(IReadOnlyList<ChatMessage> messages, CancellationToken cancellationToken)
    {
        int tokens = messages.Sum(static m => Tokens.CountTokens(m.Text)) + options.AnswerTokens;
        using IDisposable running = await rateLimiter.AcquireAsync(tokens, cancellationToken);
        var chat = new ChatOptions
        {
            MaxOutputTokens = options.AnswerTokens,
            ResponseFormat = ChatResponseFormat.ForJsonSchema(
                Prompt.Schema, "digest", "A digest of a conversation, and changes of memories."),
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
}
