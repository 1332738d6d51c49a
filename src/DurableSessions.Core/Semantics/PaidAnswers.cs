namespace DurableSessions.Core.Semantics;

/// <summary>
/// Keeps a model's answers under their commit, each by a hash of the question. A processor that asks again after a crash, on any
/// host, finds the answer that was paid for. An answer is kept before it is used.
/// </summary>
/// <param name="Attempt">Which attempt of the commit asks, from 1.</param>
/// <param name="FindAsync">The answer under a name, if one arrived.</param>
/// <param name="KeepAsync">Keeps an answer under a name, unless there is one: then that stands, and is returned.</param>
public sealed record PaidAnswers(
    int Attempt,
    Func<string, CancellationToken, Task<PaidAnswer?>> FindAsync,
    Func<string, PaidAnswer, CancellationToken, Task<PaidAnswer>> KeepAsync);
