namespace DurableSessions.Testing;

/// <summary>Has a kind of fault happen.</summary>
internal static class Injection
{
    private static readonly Fault[] NotCarriedOut =
        [Fault.FailBeforeSending, Fault.Respond(503, "ServerBusy"), Fault.Respond(429, "TooManyRequests")];

    /// <summary>
    /// Whether it is a fault of its own at a request. At one that only reads, storage and its client cannot tell
    /// <see cref="FaultKind.DiesAfter"/> from <see cref="FaultKind.DiesBefore"/>, <see cref="FaultKind.ArrivesLate"/> from
    /// <see cref="FaultKind.AnswerLost"/>, one that is not sent from that either, and <see cref="FaultKind.SentTwice"/> from no fault.
    /// A process that dies before it reads leaves what it leaves when it dies after the write before that, or before the next one; of
    /// these, the first has answered the fewest clients, and the second the most. Storage refuses nothing that has no condition.
    /// </summary>
    public static bool IsOwnAt(this FaultKind kind, StorageRequest request) => kind switch
    {
        FaultKind.Refused => request.IsConditional,
        _ when request.IsWrite => true,
        FaultKind.NotCarriedOut => NotCarriedOutAt(request.Number) != Fault.FailBeforeSending,
        _ => kind is FaultKind.AnswerLost or FaultKind.ServerErrors,
    };

    /// <summary>Has it happen at a request. Returns what is to be done when everything is over: late copies arrive.</summary>
    public static Func<Task> Inject(this FaultTransport faults, FaultKind kind, int number)
    {
        switch (kind)
        {
            case FaultKind.DiesBefore:
            case FaultKind.DiesAfter:
                faults.StopTheWorldAt(number, carriesOutTheLast: kind == FaultKind.DiesAfter);
                break;
            case FaultKind.NotCarriedOut:
                faults.AtRequest(number, NotCarriedOutAt(number));
                break;
            case FaultKind.AnswerLost:
                faults.AtRequest(number, Fault.DropAnswer);
                break;
            case FaultKind.SentTwice:
                var twice = new SentTwice();
                faults.AtRequest(number, twice);
                return twice.DeliverCopiesAsync;
            case FaultKind.ArrivesLate:
                var late = new ArrivesLate();
                faults.AtRequest(number, late);
                return late.DeliverAsync;
            case FaultKind.ServerErrors:
                faults.When(r => r.Number >= number, Fault.Respond(500, "InternalError"), times: 6);
                break;
            case FaultKind.Refused:
                faults.AtRequest(number, Fault.Respond(412, "ConditionNotMet"));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }

        return static () => Task.CompletedTask;
    }

    private static Fault NotCarriedOutAt(int number) => NotCarriedOut[number % NotCarriedOut.Length];
}
