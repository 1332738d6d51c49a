using DurableSessions.Core.Identities;
using DurableSessions.Ui.Tests.Hosting;
using Microsoft.Playwright;

namespace DurableSessions.Ui.Tests.Browser;

/// <summary>Pages that are shown live, in a real browser.</summary>
[Collection<FurnishedCollection>]
public sealed class LiveTests(Furnished furnished, Chromium browser)
{
    private const string Path = "/ui/sessions/planning";

    private SessionKey Session => furnished.Session.Owner.Session("planning");

    [Fact]
    public async Task What_was_refused_once_is_live_again()
    {
        await using IBrowserContext context = await browser.OpenAsync(furnished.Host.Address);
        IPage page = await SignInAsync(context);
        int asked = 0;
        await context.RouteAsync("**/live", route => asked++ == 0
            ? route.FulfillAsync(new RouteFulfillOptions { Status = 503 })
            : route.ContinueAsync());
        bool isBusy = true;
        await AnswerLoadsAsync(context, () => isBusy ? 429 : null);
        await page.Clock.InstallAsync();
        await page.RunAndWaitForResponseAsync(() => page.ReloadAsync(), static r => r.Status == 503);
        ILocator line = page.Locator("#not-live");
        Assert.False(await line.IsVisibleAsync());
        await page.RunAndWaitForResponseAsync(() => page.Clock.RunForAsync(6_000), static r => r.Status == 429);
        await line.WaitForAsync();
        Assert.Equal("The host is away or busy: what is shown may be old.", await line.TextContentAsync());

        isBusy = false;
        await furnished.Host.AppendAsync(Session, ("user", "It was said while the page was not live."));
        await page.Clock.RunForAsync(6_000);
        await page.GetByText("It was said while the page was not live.").WaitForAsync();
        await line.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Hidden });
        await furnished.Host.AppendAsync(Session, ("user", "It was said later."));
        await page.GetByText("It was said later.").WaitForAsync();
    }

    [Fact]
    public async Task A_page_that_hears_of_a_change_and_cannot_load_it_says_so()
    {
        await using IBrowserContext context = await browser.OpenAsync(furnished.Host.Address);
        IPage page = await SignInAsync(context);
        bool isBusy = true;
        await AnswerLoadsAsync(context, () => isBusy ? 429 : null);
        await page.Clock.InstallAsync();
        await page.RunAndWaitForResponseAsync(() => page.ReloadAsync(), static r => r.Status == 429);
        ILocator line = page.Locator("#not-live");
        Assert.False(await line.IsVisibleAsync());
        for (int seconds = 0; seconds < 60 && !await line.IsVisibleAsync(); seconds++)
        {
            await page.Clock.RunForAsync(1_000);
        }

        Assert.Equal("The host is away or busy: what is shown may be old.", await line.TextContentAsync());
        Assert.True(await line.IsVisibleAsync());
        isBusy = false;
        await page.Clock.RunForAsync(6_000);
        await line.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Hidden });
    }

    [Fact]
    public async Task What_is_not_the_viewers_any_more_is_asked_for_no_more()
    {
        await using IBrowserContext context = await browser.OpenAsync(furnished.Host.Address);
        IPage page = await SignInAsync(context);
        int asked = 0;
        await context.RouteAsync("**/live", route =>
        {
            asked++;
            return route.FulfillAsync(new RouteFulfillOptions { Status = 404 });
        });
        await AnswerLoadsAsync(context, static () => 404);
        await page.Clock.InstallAsync();
        await page.RunAndWaitForResponseAsync(() => page.ReloadAsync(), static r => r.Url.EndsWith("/live", StringComparison.Ordinal));
        await page.RunAndWaitForResponseAsync(() => page.Clock.RunForAsync(6_000), static r => r.Request.ResourceType == "fetch");
        await page.GetByText("What is shown may be old: load the page again.").WaitForAsync();
        await page.Clock.RunForAsync(60_000);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_page_that_has_ended_asks_no_more_though_another_load_was_due()
    {
        await using IBrowserContext context = await browser.OpenAsync(furnished.Host.Address);
        IPage page = await SignInAsync(context);
        int asked = 0;
        await AnswerLoadsAsync(context, () => ++asked == 1 ? 429 : 404);
        await page.Clock.InstallAsync();
        await page.RunAndWaitForResponseAsync(() => page.ReloadAsync(), static r => r.Status == 429);
        await page.RunAndWaitForResponseAsync(
            () => furnished.Host.AppendAsync(Session, ("user", "It was said before the end.")), static r => r.Status == 404);
        await page.GetByText("What is shown may be old: load the page again.").WaitForAsync();
        await page.Clock.RunForAsync(60_000);
        await page.GetByText("What is shown may be old: load the page again.").WaitForAsync();
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Parts_of_a_page_are_known_again_when_others_come_and_go()
    {
        await using IBrowserContext context = await browser.OpenAsync(furnished.Host.Address);
        IPage page = await SignInAsync(context);
        string[] parts = await page.EvaluateAsync<string[]>(
            """
            () => {
                const parse = html => new DOMParser().parseFromString('<main>' + html + '</main>', 'text/html').querySelector('main');
                const form = token => `<form class="filter"><input name="token" value="${token}"><input id="typed"></form>`;
                const main = document.importNode(parse(
                    '<p class="notice">Said</p><p>Counting</p><h2>A</h2>' + form(1) + '<h2>B</h2><div class="table">old</div>'), true);
                document.body.append(main);
                for (const part of main.children) {
                    sent.set(part, textOf(part));
                }
                const kept = main.querySelector('form');
                replace(main, parse('<h2>A</h2>' + form(2) + '<h2>B</h2><div class="table">new</div><p id="last">more</p>'));
                const isSame = main.querySelector('form') === kept;
                main.querySelector('#typed').focus();
                replace(main, parse('<p class="count">1</p><h2>A</h2><h2>B</h2><div class="table">newer</div>'));
                const names = [...main.children].map(part => part.tagName + ' ' + (part.id || part.textContent));
                main.remove();
                return [`${isSame}`, ...names];
            }
            """);
        Assert.Equal(["true", "P Said", "P 1", "H2 A", "FORM ", "H2 B", "DIV newer"], parts);
    }

    // Each load of the page by its script: with a status of its own, or, where there is none, by the host.
    private static Task AnswerLoadsAsync(IBrowserContext context, Func<int?> status) => context.RouteAsync(
        $"**{Path}",
        route => route.Request.ResourceType == "fetch" && status() is { } code
            ? route.FulfillAsync(new RouteFulfillOptions { Status = code })
            : route.ContinueAsync());

    private async Task<IPage> SignInAsync(IBrowserContext context)
    {
        IPage page = await context.NewPageAsync();
        await page.GotoAsync(Path);
        await page.SignInAsync(furnished.Key, Path);
        return page;
    }
}
