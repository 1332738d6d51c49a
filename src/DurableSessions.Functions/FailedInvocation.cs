using DurableSessions.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace DurableSessions.Functions;

/// <summary>
/// Answers an error where an invocation fails before the API runs, as when an argument of its function cannot be converted. The worker
/// would answer it 200 without a body, which a client takes for a stored message.
/// </summary>
internal sealed class FailedInvocation : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (context.GetHttpContext() is { } http)
        {
            await http.AnswerFailureAsync(e);
            throw;
        }
    }
}
