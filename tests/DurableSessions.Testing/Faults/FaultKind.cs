
namespace DurableSessions.Testing;

/// <summary>What happens at one storage request of a scenario.</summary>
public enum FaultKind
{
    /// <summary>The process dies before the request is sent.</summary>
    DiesBefore,

    /// <summary>The process dies when storage has carried the request out.</summary>
    DiesAfter,

    /// <summary>The request is lost, or storage answers 503 or 429, in turn; the process goes on.</summary>
    NotCarriedOut,

    /// <summary>The answer is lost; the process goes on.</summary>
    AnswerLost,

    /// <summary>Storage has it twice: a copy arrives after everything is over.</summary>
    SentTwice,

    /// <summary>The client gives up; the request arrives after everything is over.</summary>
    ArrivesLate,

    /// <summary>Storage answers 500, so often that the storage client gives up.</summary>
    ServerErrors,

    /// <summary>Storage answers 412, although nothing has changed.</summary>
    Refused,
}

internal static class Injection
{
    private static readonly Fault[] NotCarriedOut =
        [Fault.FailBeforeSending, Fault.Respond(503, "ServerBusy"), Fault.Respond(429, "TooManyRequests")];

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
                faults.AtRequest(number, NotCarriedOut[number % NotCarriedOut.Length]);
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
}
